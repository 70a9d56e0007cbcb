import GRDB
import RunbookCore
import RunbookEngine

extension JournalFile {
  /// Makes the one-line summaries of all runs, and the table of held locks, anew from the events.
  ///
  /// A run's events are read before the write lock is taken; a run that was written meanwhile is
  /// read again, at most ten times.
  package func rebuildProjection() async throws(JournalError) {
    try await thread.run { [self] () throws(JournalError) in
      let numbers = try connection.read { db in
        try Int.fetchAll(db, sql: "SELECT number FROM run ORDER BY number")
      }
      for number in numbers { try rebuildSummary(of: number) }
    }
  }

  private func rebuildSummary(of number: Int) throws(JournalError) {
    let path = connection.path
    for _ in 0..<10 {
      let (hosts, facts) = try connection.read { db in
        (
          try StoredRows.source(number, db).0.decodedBinding(path: path).hosts.count,
          try StoredRows.facts(of: number, after: 0, limit: .max, path: path, db)
        )
      }
      let isDone = try connection.write { db in
        guard try StoredRows.head(number, db)?.events == facts.count else { return false }
        try db.execute(sql: "DELETE FROM summary WHERE run = ?", arguments: [number])
        try Projection.begin(run: number, hosts: hosts, db)
        for stored in facts { try Projection.apply(stored.fact, run: number, db) }
        try HeldLocks.set(HeldLocks.held(after: facts), run: number, db)
        return true
      }
      if isDone { return }
    }
    throw .busy(path: path, seconds: 0)
  }
}
