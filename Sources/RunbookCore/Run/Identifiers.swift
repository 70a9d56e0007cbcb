/// Milliseconds since 1970-01-01T00:00:00Z, by the clock of the engine's machine.
package struct Timestamp: Codable, Hashable, Comparable, Sendable {
  package var milliseconds: Int

  package init(milliseconds: Int) { self.milliseconds = milliseconds }
  package static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }
  package static func + (a: Self, milliseconds: Int) -> Self {
    Self(milliseconds: a.milliseconds + milliseconds)
  }

  package init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int.self)
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

/// A step, scope or block as it is met while running: by its path, and in a `rolling` block by its
/// batch.
package struct Instance: Codable, Hashable, Sendable {
  package var path: String
  /// Numbers of the enclosing batches from 1, outermost first; empty outside `rolling`.
  package var batch: [Int]

  package init(_ path: String, batch: [Int] = []) {
    self.path = path
    self.batch = batch
  }
}

/// A step on a host: the unit of checkpointing. Shown as `STEP@HOST#BATCH`.
package struct TaskID: Codable, Hashable, Sendable, CustomStringConvertible {
  package var step: StepPath
  /// nil: the machine that runs the engine.
  package var host: String?
  package var batch: [Int]

  package init(_ step: StepPath, host: String? = nil, batch: [Int] = []) {
    self.step = step
    self.host = host
    self.batch = batch
  }

  package var instance: Instance { Instance(step, batch: batch) }

  package var description: String {
    let place = host.map { "@" + $0 } ?? ""
    let number = batch.isEmpty ? "" : "#" + batch.map(String.init).joined(separator: ".")
    return step + place + number
  }
}

/// The name of an attempt's claim on its host; unique in the run.
package typealias AttemptKey = String
