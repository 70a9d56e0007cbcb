import RunbookCore
import RunbookEngine

/// A journal in memory that can lose its engine at any event.
package actor MemoryJournal: Journal {
  package private(set) var facts: [Fact] = []
  private var outputs: [AttemptKey: [OutputStream: [UInt8]]] = [:]
  private var pending: [OperatorRequest] = []
  private var crashAt: Int?

  package init(_ facts: [Fact] = []) { self.facts = facts }

  /// From now on the process dies when `count` events are in the journal: what comes later in the
  /// same transaction is lost, as by a kill between two commits.
  package func crash(at count: Int?) { crashAt = count }

  package func request(_ kind: OperatorRequest.Kind, by person: String) {
    pending.append(OperatorRequest(id: pending.count + 1, kind: kind, by: person))
  }

  package func append(_ entries: [JournalEntry]) async throws(JournalError) {
    for entry in entries {
      if let crashAt, facts.count >= crashAt { throw .other("crash") }
      if let request = entry.request { pending.removeAll { $0.id == request } }
      facts.append(entry.fact)
      if case .outputReceived(let key, let stream, _, let offset, let length) = entry.fact.event {
        let known = outputs[key]?[stream]?.count ?? 0
        precondition(
          length == entry.output.count && (offset == known || offset == 0),
          "output of \(key) at \(offset), \(known) bytes known")
        outputs[key, default: [:]][stream, default: []] += entry.output
      }
    }
    if let crashAt, facts.count >= crashAt { throw .other("crash") }
  }

  package func output(
    of key: AttemptKey, _ stream: OutputStream, limit: Int
  ) async throws(JournalError) -> [UInt8] {
    Array((outputs[key]?[stream] ?? []).prefix(limit))
  }

  package func refuse(_ requests: [Int]) async throws(JournalError) {
    pending.removeAll { requests.contains($0.id) }
  }

  package func requests() async throws(JournalError) -> [OperatorRequest] { pending }
}
