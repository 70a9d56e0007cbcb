import GRDB
import RunbookCore
import RunbookEngine

/// The table `held`: which run holds which lock, kept in the transactions of the runs' events.
///
/// A lock is held from `locksTaken` to `runEnded`, whether a process drives the run or not; a run
/// that leaves because a host refused it one gives all of them back.
enum HeldLocks {
  /// - Throws: `lockHeld` where another run holds one of the names.
  static func apply(_ event: Event, run: Int, _ db: Database) throws {
    if case .locksTaken(let names) = event {
      for name in names { try take(name, run: run, db) }
    }
    if releases(event) { try release(run: run, db) }
  }

  /// What a run holds after these facts.
  static func held(after facts: [StoredFact]) -> Set<String> {
    var names: Set<String> = []
    for stored in facts {
      if case .locksTaken(let taken) = stored.fact.event { names.formUnion(taken) }
      if releases(stored.fact.event) { names = [] }
    }
    return names
  }

  private static func releases(_ event: Event) -> Bool {
    if case .runEnded = event { return true }
    if case .ownerLeft(.lockHeld) = event { return true }
    return false
  }

  /// Makes these the only locks of the run.
  static func set(_ names: Set<String>, run: Int, _ db: Database) throws {
    try release(run: run, db)
    for name in names.sorted() { try take(name, run: run, db) }
  }

  private static func take(_ name: String, run: Int, _ db: Database) throws {
    let holder = try Row.fetchOne(
      db,
      sql: "SELECT run.number, run.id FROM held JOIN run ON run.number = held.run WHERE name = ?",
      arguments: [name])
    guard let holder else {
      return try db.execute(
        sql: "INSERT INTO held (name, run) VALUES (?, ?)", arguments: [name, run])
    }
    guard try holder.int(0) == run else {
      throw JournalError.lockHeld(name: name, run: try holder.text(1))
    }
  }

  private static func release(run: Int, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM held WHERE run = ?", arguments: [run])
  }
}
