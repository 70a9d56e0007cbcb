import GRDB
import RunbookEngine

/// The tables, by version. A version is never changed once it was released: the next one is added
/// below it as a step from the one before.
enum Schema {
  /// `user_version` of the newest schema, which this program reads and writes.
  static let version = steps.count
  /// "RPRS": tells our file from any other SQLite file.
  static let applicationID = 0x5250_5253

  /// Brings the file to the newest version, in one transaction.
  static func migrate(_ db: Database, path: String) throws {
    // In one transaction: another process may be making the tables between two questions.
    var isMade = false
    try db.inTransaction(.deferred) {
      isMade = try isCurrent(db, path: path)
      return .commit
    }
    if isMade { return }
    try db.inTransaction(.immediate) {
      // Another process may have done it while this one waited for the lock.
      if try isCurrent(db, path: path) { return .commit }
      let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      for step in steps[found...] { try db.execute(sql: step) }
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(version)")
      return .commit
    }
  }

  /// True for the newest version, false for an older one or an empty file.
  ///
  /// - Throws: `newerVersion`; `damaged` for a file that is not ours.
  static func isCurrent(_ db: Database, path: String) throws -> Bool {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    guard application == applicationID || found == 0 && tables == 0 && application == 0 else {
      throw JournalError.damaged(path: path, detail: "not a file of reprise")
    }
    guard found <= version else {
      throw JournalError.newerVersion(path: path, found: found, supported: version)
    }
    return found == version
  }

  private static let steps = [version1]

  private static let version1 = """
    -- What a run began with; never changed afterwards. description, plan, sources and binding are
    -- JSON; start is the hash that the first event is chained to.
    CREATE TABLE run (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      description BLOB NOT NULL,
      plan BLOB NOT NULL,
      sources BLOB NOT NULL,
      binding BLOB NOT NULL,
      start BLOB NOT NULL
    ) STRICT;

    -- The newest owner's epoch, the number of events and the hash of the last one.
    CREATE TABLE head (
      run INTEGER PRIMARY KEY REFERENCES run (number),
      epoch INTEGER NOT NULL,
      events INTEGER NOT NULL,
      hash BLOB NOT NULL
    ) STRICT;

    -- Facts, from sequence 1; time in milliseconds since 1970, body as JSON, output the SHA-256 of
    -- the bytes that the event speaks of.
    CREATE TABLE event (
      run INTEGER NOT NULL REFERENCES run (number),
      sequence INTEGER NOT NULL,
      time INTEGER NOT NULL,
      body BLOB NOT NULL,
      output BLOB,
      hash BLOB NOT NULL,
      PRIMARY KEY (run, sequence)
    ) STRICT, WITHOUT ROWID;

    -- What actions printed, by raw offset. Without bytes: a gap, which the output limit made.
    CREATE TABLE output (
      piece INTEGER PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES run (number),
      key TEXT NOT NULL,
      stream TEXT NOT NULL,
      generation INTEGER NOT NULL,
      offset INTEGER NOT NULL,
      length INTEGER NOT NULL,
      bytes BLOB
    ) STRICT;
    CREATE UNIQUE INDEX output_by_offset ON output (run, key, stream, generation, offset);

    -- What other processes ask of a run's owner; taken is the sequence of the event that answers.
    CREATE TABLE request (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run INTEGER NOT NULL REFERENCES run (number),
      kind TEXT NOT NULL,
      step TEXT,
      by TEXT NOT NULL,
      taken INTEGER
    ) STRICT;
    CREATE INDEX request_waiting ON request (run) WHERE taken IS NULL;

    -- One line for each run, made from its events and rebuildable from them.
    CREATE TABLE summary (
      run INTEGER PRIMARY KEY REFERENCES run (number),
      runbook TEXT NOT NULL,
      title TEXT,
      operator TEXT NOT NULL,
      machine TEXT NOT NULL,
      hosts INTEGER NOT NULL,
      started INTEGER,
      ended INTEGER,
      outcome TEXT,
      stopped BLOB
    ) STRICT;
    CREATE INDEX summary_by_runbook ON summary (runbook, run);

    -- Locks by their names, each with the run that holds it from `locksTaken` to `runEnded`, also
    -- while no process drives the run; made from the events too.
    CREATE TABLE held (
      name TEXT PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES run (number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX held_by_run ON held (run);
    """
}
