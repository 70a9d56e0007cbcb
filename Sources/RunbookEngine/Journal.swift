import RunbookCore

/// One run's append-only record, as its owner sees it: the other protocol between the engine and
/// the world.
///
/// Whoever holds a `Journal` owns the run: the lock is taken when it is opened and every append
/// asserts the owner's epoch.
package protocol Journal: Sendable {
  /// Appends in order, in one transaction, and returns when it will survive a power cut.
  ///
  /// Nothing that depends on an entry may happen before this returns. On an error nothing of the
  /// batch is in the journal and the run must stop.
  func append(_ entries: [JournalEntry]) async throws(JournalError)

  /// The journaled bytes of an attempt's stream, in order, at most `limit` from the start.
  func output(
    of key: AttemptKey, _ stream: OutputStream, limit: Int
  ) async throws(JournalError) -> [UInt8]

  /// Requests of other processes (`approve`, `deny`, `cancel`) not taken yet. Taking one is
  /// journaled by the event that it becomes; `append` marks it as taken in the same transaction.
  func requests() async throws(JournalError) -> [OperatorRequest]

  /// Marks requests as taken that nothing of the run waits for, so that they never answer anything
  /// later; whoever made them is told.
  func refuse(_ requests: [Int]) async throws(JournalError)
}

/// A fact to be appended, with the bytes of output that it speaks of.
package struct JournalEntry: Hashable, Sendable {
  package var fact: Fact
  /// Only for `outputReceived`: exactly its `length` bytes.
  package var output: [UInt8]
  /// The request that this event answers.
  package var request: Int?

  package init(_ fact: Fact, output: [UInt8] = [], request: Int? = nil) {
    self.fact = fact
    self.output = output
    self.request = request
  }
}

/// What another process asks of a run's owner.
package struct OperatorRequest: Codable, Hashable, Sendable {
  package enum Kind: Codable, Hashable, Sendable {
    case approve(step: StepPath)
    case deny(step: StepPath)
    case cancel
  }
  package var id: Int
  package var kind: Kind
  package var by: String

  package init(id: Int, kind: Kind, by: String) {
    self.id = id
    self.kind = kind
    self.by = by
  }
}

/// Why the state can't be used: exit code 73, but for the lock (76).
package enum JournalError: Error, Hashable, Sendable {
  case notFound(path: String)
  case noSuchRun(String, suggestions: [String])
  case ambiguousRun(String, matches: [String])
  case notWritable(path: String, reason: String)
  case full(path: String)
  case damaged(path: String, detail: String)
  case newerVersion(path: String, found: Int, supported: Int)
  case networkFilesystem(path: String, kind: String)
  case busy(path: String, seconds: Int)
  /// Another process owns the run.
  case owned(run: String, process: Int, isStopped: Bool)
  /// Another run holds a lock of this one.
  case lockHeld(name: String, run: String)
  /// The owner's epoch is not the newest any more.
  case superseded(run: String, epoch: Int)
  /// The hosts know more than the journal: it is an older copy.
  case outdated(run: String, detail: String)
  /// A host that the run knows has nothing left of it: the journal is an older copy of a run that
  /// has ended, or the host was set up anew.
  case forgotten(run: String, host: String)
  case other(String)
}
