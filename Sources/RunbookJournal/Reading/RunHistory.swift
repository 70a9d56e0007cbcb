import GRDB
import Glibc
import RunbookCore
import RunbookEngine

import struct Foundation.Data

/// The runs of a state directory, read while they are written, by any process.
///
/// A class because it stands for an open file. Every call reads one short snapshot, so that a
/// reader never keeps a writer's log from being written back. A follower asks again from the last
/// sequence number or output position it has; asking costs some 20 µs where nothing is new.
package final class RunHistory: Sendable {
  let directory: StateDirectory
  let connection: Connection
  let thread: JournalThread

  /// Opens an existing file for reading only; makes nothing.
  ///
  /// - Throws: `notFound` where there is no state yet, `damaged`, `newerVersion`,
  ///   `networkFilesystem`, `busy`; `notWritable` where the directory can't be written and the file
  ///   can't be read without (a writer that died left its log).
  package static func open(
    directory: String, busySeconds: Int = 30
  ) async throws(JournalError) -> RunHistory {
    let thread = JournalThread(name: "history")
    return try await thread.run { () throws(JournalError) in
      let place = try StateDirectory.existing(directory)
      return RunHistory(
        directory: place, connection: try .reading(place, busySeconds: busySeconds),
        thread: thread)
    }
  }

  private init(directory: StateDirectory, connection: Connection, thread: JournalThread) {
    self.directory = directory
    self.connection = connection
    self.thread = thread
  }

  /// Runs, newest first: one query, and a look at the lock of each that has a lock file.
  package func runs(limit: Int = 1000) async throws(JournalError) -> [RunSummary] {
    try await read { db in try SummaryRows.newest(limit, path: self.connection.path, db) }
      .map(withOwner)
  }

  /// One run, by its whole id.
  package func summary(of run: String) async throws(JournalError) -> RunSummary {
    let found = try await read { db in
      try SummaryRows.one(run, path: self.connection.path, db)
    }
    guard let found else { throw .noSuchRun(run, suggestions: []) }
    return withOwner(found)
  }

  /// What a run was started with.
  package func source(of run: String) async throws(JournalError) -> RunSource {
    let path = connection.path
    return try await read { db in
      try StoredRows.source(try self.number(of: run, db), db).0.decoded(path: path)
    }
  }

  /// The hosts and inputs of a run: what it was started with, and what it has adopted since.
  package func bindings(of run: String) async throws(JournalError) -> [Binding] {
    let path = connection.path
    return try await read { db in
      let number = try self.number(of: run, db)
      var bindings = [try StoredRows.source(number, db).0.decodedBinding(path: path)]
      let adopted = try Data.fetchAll(
        db,
        sql: """
          SELECT body FROM event
          WHERE run = ? AND substr(body, 1, 18) = CAST('{"event":"adopted"' AS BLOB)
          """, arguments: [number])
      for body in adopted {
        if case .adopted(let adoption) = try EventCoding.stored(Array(body), path: path) {
          bindings.append(adoption.binding)
        }
      }
      return bindings
    }
  }

  /// The facts of a run after `sequence`, in order, at most `limit`.
  ///
  /// - Throws: `damaged` with the first event that is not as it was written.
  package func facts(
    of run: String, after sequence: Int = 0, limit: Int = .max
  ) async throws(JournalError) -> [StoredFact] {
    let path = connection.path
    return try await read { db in
      do {
        return try StoredRows.facts(
          of: try self.number(of: run, db), after: sequence, limit: limit, path: path, db)
      } catch let breach as ChainBreach {
        throw JournalError.damaged(path: path, detail: breach.detail(run))
      }
    }
  }

  package enum RequestAnswer: Hashable, Sendable {
    /// By its sequence number.
    case event(Int)
    /// No event: nothing of the run waited for it.
    case refused
  }

  /// What became of a request; nil while it waits.
  package func answer(to request: Int) async throws(JournalError) -> RequestAnswer? {
    let taken = try await read { db in
      try Int.fetchOne(db, sql: "SELECT taken FROM request WHERE id = ?", arguments: [request])
    }
    return taken.map { $0 == RequestRows.refused ? .refused : .event($0) }
  }

  func read<Success: Sendable>(
    _ work: @escaping @Sendable (Database) throws -> Success
  ) async throws(JournalError) -> Success {
    try await thread.run { [connection] () throws(JournalError) in try connection.read(work) }
  }

  func number(of run: String, _ db: Database) throws -> Int {
    guard let number = try StoredRows.number(of: run, db) else {
      throw JournalError.noSuchRun(run, suggestions: [])
    }
    return number
  }

  private func withOwner(_ summary: RunSummary) -> RunSummary {
    var summary = summary
    summary.owner = RunLock.owner(of: summary.id, in: directory)
    if summary.owner != nil, summary.state == .interrupted { summary.state = .running }
    return summary
  }
}
