import Foundation
import RunbookCore
import RunbookEngine

/// What a run was started with. Never holds a secret.
package struct RunSource: Hashable, Sendable {
  package var description: RunDescription
  package var plan: Plan
  /// Text of every file that the plan was compiled from, by its path: the runbook, its parts, the
  /// site file.
  package var sources: [String: String]
  package var binding: Binding

  package init(
    description: RunDescription, plan: Plan, sources: [String: String], binding: Binding
  ) {
    self.description = description
    self.plan = plan
    self.sources = sources
    self.binding = binding
  }
}

/// A run as the journal has it.
package struct StoredRun: Hashable, Sendable {
  package var source: RunSource
  /// Every fact from the first on, in order.
  package var facts: [Fact]
  /// The new owner's epoch: one more than the last owner's.
  package var epoch: Int

  package var plan: Plan { source.plan }
  package var sources: [String: String] { source.sources }
  package var binding: Binding { source.binding }

  package init(source: RunSource, facts: [Fact], epoch: Int) {
    self.source = source
    self.facts = facts
    self.epoch = epoch
  }
}

/// The bytes of a `RunSource`, as they are stored and hashed.
struct StoredSource: Sendable {
  var id: String
  var description: [UInt8]
  var plan: [UInt8]
  var sources: [UInt8]
  var binding: [UInt8]

  init(_ source: RunSource) throws(JournalError) {
    id = source.description.id
    description = EventCoding.encode(.runStarted(source.description))
    plan = try Self.encode(source.plan)
    sources = try Self.encode(source.sources)
    binding = try Self.encode(source.binding)
  }

  init(
    id: String, description: [UInt8], plan: [UInt8], sources: [UInt8], binding: [UInt8]
  ) {
    self.id = id
    self.description = description
    self.plan = plan
    self.sources = sources
    self.binding = binding
  }

  /// What the first event is chained to.
  var start: [UInt8] { Chain.first([Array(id.utf8), description, plan, sources, binding]) }

  func decoded(path: String) throws(JournalError) -> RunSource {
    guard case .runStarted(let description) = try EventCoding.stored(description, path: path) else {
      throw .damaged(path: path, detail: "run \(id): description")
    }
    return RunSource(
      description: description,
      plan: try decode(Plan.self, plan, "plan", path: path),
      sources: try decode([String: String].self, sources, "sources", path: path),
      binding: try decodedBinding(path: path))
  }

  func decodedBinding(path: String) throws(JournalError) -> Binding {
    try decode(Binding.self, binding, "binding", path: path)
  }

  /// The layout of what is hashed: the same bytes for the same value.
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private static func encode(_ value: some Encodable) throws(JournalError) -> [UInt8] {
    do {
      return [UInt8](try encoder.encode(value))
    } catch {
      throw .other("\(error)")
    }
  }

  private func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], _ part: String, path: String
  ) throws(JournalError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw .damaged(path: path, detail: "run \(id): \(part): \(error)")
    }
  }
}

extension EventCoding {
  /// The event in stored bytes; what only a newer program writes is told as a newer version.
  static func stored(_ bytes: [UInt8], path: String) throws(JournalError) -> Event {
    do {
      return try decode(bytes)
    } catch {
      switch error {
      case .unknown:
        throw .newerVersion(path: path, found: Schema.version + 1, supported: Schema.version)
      case .malformed(let detail): throw .damaged(path: path, detail: detail)
      }
    }
  }
}
