import RunbookCore

/// A journal that lets the process die right after the commit of a given event: the place where
/// the end-to-end tests kill the engine is where they say it is.
package actor CrashingJournal: Journal {
  private let journal: any Journal
  private let crash: @Sendable () -> Never
  private var remaining: Int

  /// - Parameter event: the number of events, of this process, after which `crash` is called.
  package init(_ journal: any Journal, after event: Int, crash: @escaping @Sendable () -> Never) {
    self.journal = journal
    self.crash = crash
    remaining = event
  }

  package func append(_ entries: [JournalEntry]) async throws(JournalError) {
    if remaining > entries.count {
      remaining -= entries.count
      return try await journal.append(entries)
    }
    try await journal.append(Array(entries.prefix(remaining)))
    crash()
  }

  package func output(
    of key: AttemptKey, _ stream: OutputStream, limit: Int
  ) async throws(JournalError) -> [UInt8] {
    try await journal.output(of: key, stream, limit: limit)
  }

  package func refuse(_ requests: [Int]) async throws(JournalError) {
    try await journal.refuse(requests)
  }

  package func requests() async throws(JournalError) -> [OperatorRequest] {
    try await journal.requests()
  }
}
