import RunbookCore
import RunbookEngine
import Synchronization

/// The journal of a run that this process owns.
///
/// A class because it stands for the ownership: the run's lock is held until the last reference
/// goes away or `release()` is called. Appends that wait at the same time are committed together,
/// in the order in which they came, by the file's thread.
package final class RunJournal: Journal {
  package let run: String
  /// This owner's epoch; every commit asserts that it is still the newest.
  package let epoch: Int

  private let file: JournalFile
  private let lock: Mutex<RunLock?>
  private let queue = Mutex(AppendQueue())
  /// Touched by the file's thread only, one commit at a time.
  private let chain: Mutex<ChainWriter>

  init(
    run: String, epoch: Int, file: JournalFile, lock: RunLock, head: ChainHead,
    beginning: Beginning?
  ) {
    self.run = run
    self.epoch = epoch
    self.file = file
    self.lock = Mutex(lock)
    chain = Mutex(ChainWriter(run: run, epoch: epoch, head: head, beginning: beginning))
  }

  package func append(_ entries: [JournalEntry]) async throws(JournalError) {
    guard !entries.isEmpty else { return }
    let result: Result<Void, JournalError> = await withCheckedContinuation { continuation in
      let mustSchedule = queue.withLock {
        $0.add(WaitingAppend(entries: entries, continuation: continuation))
      }
      if mustSchedule { file.thread.perform { self.commitNext() } }
    }
    try result.get()
  }

  package func output(
    of key: AttemptKey, _ stream: OutputStream, limit: Int
  ) async throws(JournalError) -> [UInt8] {
    try await file.thread.run { [self] () throws(JournalError) in
      guard let number = chain.withLock({ $0.head.number }) else { return [] }
      return try file.connection.read { db in
        try OutputRows.bytes(of: OutputName(run: number, key: key, stream: stream), limit, db)
      }
    }
  }

  package func requests() async throws(JournalError) -> [OperatorRequest] {
    try await file.thread.run { [self] () throws(JournalError) in
      guard let number = chain.withLock({ $0.head.number }) else { return [] }
      return try file.connection.read { db in
        try RequestRows.waiting(run: number, path: file.connection.path, db)
      }
    }
  }

  package func refuse(_ requests: [Int]) async throws(JournalError) {
    try await file.thread.run { [self] () throws(JournalError) in
      try file.connection.write { db in
        for request in requests { try RequestRows.refuse(request, db) }
      }
    }
  }

  /// Gives the ownership up, after what was appended before; another process can take the run over
  /// at once. An append after it throws `superseded`.
  package func release() async {
    await withCheckedContinuation { continuation in
      file.thread.perform {
        self.lock.withLock { $0 = nil }
        continuation.resume()
      }
    }
  }

  /// Commits what waits, as much as fits into one transaction; on the file's thread.
  private func commitNext() {
    let (group, hasMore) = queue.withLock { $0.takeGroup() }
    let result = commit(group)
    for waiting in group { waiting.continuation.resume(returning: result) }
    if hasMore { file.thread.perform { self.commitNext() } }
  }

  private func commit(_ group: [WaitingAppend]) -> Result<Void, JournalError> {
    guard lock.withLock({ $0 != nil }) else {
      return .failure(.superseded(run: run, epoch: epoch))
    }
    let connection = file.connection
    return chain.withLock { chain in
      Result { () throws(JournalError) in
        // Encoding and hashing come before the write lock is taken.
        let batch = chain.batch(group.flatMap(\.entries))
        let head = try connection.write { try batch.insert(path: connection.path, $0) }
        chain.wrote(head)
      }
    }
  }
}

/// An append whose caller waits for its commit.
struct WaitingAppend: Sendable {
  var entries: [JournalEntry]
  var continuation: CheckedContinuation<Result<Void, JournalError>, Never>

  var size: Int { entries.reduce(0) { $0 + $1.output.count } }
}

/// Appends that wait, oldest first. It is bounded by its callers: each waits for its own.
struct AppendQueue: Sendable {
  private var waiting: [WaitingAppend] = []
  private var isScheduled = false

  /// Bounds of one transaction; a single append may be larger.
  private static let mostEntries = 4096
  private static let mostBytes = 8 << 20

  /// - Returns: true where the caller must have the next commit scheduled.
  mutating func add(_ append: WaitingAppend) -> Bool {
    waiting.append(append)
    defer { isScheduled = true }
    return !isScheduled
  }

  /// The appends of the next transaction, and whether there are more, to be committed next.
  mutating func takeGroup() -> ([WaitingAppend], hasMore: Bool) {
    var entries = 0
    var bytes = 0
    var end = 0
    while end < waiting.count {
      entries += waiting[end].entries.count
      bytes += waiting[end].size
      guard end == 0 || entries <= Self.mostEntries && bytes <= Self.mostBytes else { break }
      end += 1
    }
    let group = Array(waiting[..<end])
    waiting.removeFirst(end)
    isScheduled = !waiting.isEmpty
    return (group, isScheduled)
  }
}
