import GRDB
import RunbookCore
import RunbookEngine

/// The SQLite file of a state directory, open for writing: begins runs, takes them over, and holds
/// requests for their owners.
///
/// A class because it stands for an open file. Several processes may have it open at once; each
/// writes its own runs and none holds the write lock while it does anything else. Its work is done
/// on a thread of its own.
///
///     let file = try await JournalFile.open(directory: "state")
///     let (journal, stored) = try await file.takeOver(run: "7f3c")
package final class JournalFile: Sendable {
  let directory: StateDirectory
  let connection: Connection
  let thread: JournalThread

  /// Opens `directory/reprise.sqlite`; makes both where they are missing.
  ///
  /// - Parameter busySeconds: how long a file locked by another process is waited for.
  /// - Throws: `notWritable`, `full`, `damaged`, `newerVersion`, `networkFilesystem`, `busy`.
  package static func open(
    directory: String, busySeconds: Int = 30
  ) async throws(JournalError) -> JournalFile {
    let thread = JournalThread(name: "journal")
    return try await thread.run { () throws(JournalError) in
      let place = try StateDirectory.forWriting(directory)
      return JournalFile(
        directory: place, connection: try .writing(place, busySeconds: busySeconds),
        thread: thread)
    }
  }

  /// Closes the file after what was begun before; whatever comes after it throws.
  ///
  /// Without it the file is closed with the last reference, some time later.
  package func close() async throws(JournalError) {
    try await thread.run { [connection] () throws(JournalError) in try connection.close() }
  }

  private init(directory: StateDirectory, connection: Connection, thread: JournalThread) {
    self.directory = directory
    self.connection = connection
    self.thread = thread
  }

  /// Begins a run; the caller owns it.
  ///
  /// The run is in the file from its first `append` on, which writes it in the same transaction:
  /// there is never a run without its first event. The caller's first batch is therefore
  /// `runStarted` and `ownerTook` with the journal's epoch, which is 1.
  ///
  /// - Precondition: its id is of lower-case letters, digits and hyphens.
  /// - Throws: `owned` where the id is in use by another process, `other` where the file has it.
  package func createRun(_ source: RunSource) async throws(JournalError) -> RunJournal {
    precondition(RunID.isValid(source.description.id), "run id \(source.description.id)")
    return try await thread.run { [self] () throws(JournalError) in
      let stored = try StoredSource(source)
      let lock = try RunLock.take(stored.id, in: directory)
      let isTaken = try connection.read { db in
        try Int.fetchOne(db, sql: "SELECT number FROM run WHERE id = ?", arguments: [stored.id])
      }
      guard isTaken == nil else { throw .other("run \(stored.id) exists already") }
      let head = ChainHead(number: nil, sequence: 0, hash: stored.start)
      return RunJournal(
        run: stored.id, epoch: 1, file: self, lock: lock, head: head,
        beginning: Beginning(source: stored, hosts: source.binding.hosts.count))
    }
  }

  /// Takes a run over: locks it and reads it back with its chain checked.
  ///
  /// The caller's first batch has `ownerTook` with the new epoch, and its commit raises the epoch
  /// in the file: an append by an earlier owner throws `superseded` from then on. Should an earlier
  /// owner append in between (which takes a lock file removed by hand), that first batch throws it.
  ///
  /// - Parameter run: a whole id (`RunHistory.find` completes what a person typed).
  /// - Throws: `owned`, `noSuchRun`, `damaged` with the event that is not as it was written.
  package func takeOver(
    run: String
  ) async throws(JournalError) -> (journal: RunJournal, stored: StoredRun) {
    try await thread.run { [self] () throws(JournalError) in
      guard let number = try connection.read({ try StoredRows.number(of: run, $0) }) else {
        throw .noSuchRun(run, suggestions: [])
      }
      let lock = try RunLock.take(run, in: directory)
      let loaded = try StoredRows.load(run, number: number, from: connection)
      let epoch = loaded.epoch + 1
      let journal = RunJournal(
        run: run, epoch: epoch, file: self, lock: lock, head: loaded.head, beginning: nil)
      return (journal, StoredRun(source: loaded.source, facts: loaded.facts, epoch: epoch))
    }
  }

  /// Leaves a request for the owner of a run, which finds it with `requests()`.
  ///
  /// - Returns: its number; `RunHistory.answer(to:)` tells which event answered it.
  package func request(
    _ kind: OperatorRequest.Kind, of run: String, by name: String
  ) async throws(JournalError) -> Int {
    try await thread.run { [self] () throws(JournalError) in
      try connection.write { db in
        guard let number = try StoredRows.number(of: run, db) else {
          throw JournalError.noSuchRun(run, suggestions: [])
        }
        return try RequestRows.insert(kind, run: number, by: name, db)
      }
    }
  }

  /// Takes a request back that no owner has answered.
  package func withdraw(_ request: Int) async throws(JournalError) {
    try await thread.run { [self] () throws(JournalError) in
      try connection.write { db in try RequestRows.refuse(request, db) }
    }
  }
}
