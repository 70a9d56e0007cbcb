/// A step that was met.
package struct StepState: Hashable, Sendable {
  package var hosts: [String?]
  package var isLeftOut = false
  /// Set where the step failed before it had tasks.
  package var failure: Failure?
  package var startedAt: Timestamp?

  package init(
    hosts: [String?], isLeftOut: Bool = false, failure: Failure? = nil, startedAt: Timestamp? = nil
  ) {
    self.hosts = hosts
    self.isLeftOut = isLeftOut
    self.failure = failure
    self.startedAt = startedAt
  }
}

package enum RollbackState: Hashable, Sendable {
  case underway, succeeded, failed
}
