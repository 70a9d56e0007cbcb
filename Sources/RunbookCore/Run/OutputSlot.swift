/// A local file as one `upload` takes it.
package struct FileSlot: Hashable, Sendable {
  package var step: StepPath
  package var path: String

  package init(step: StepPath, path: String) {
    self.step = step
    self.path = path
  }
}

/// Where the value of an output is kept: one for all, or one for each host; without a host also the
/// output as the plan declares it.
package struct OutputSlot: Hashable, Sendable {
  package var step: StepPath
  package var name: String
  package var host: String?

  package init(step: StepPath, name: String, host: String? = nil) {
    self.step = step
    self.name = name
    self.host = host
  }
}
