import GRDB
import RunbookCore
import RunbookEngine

/// Reads runs and their events back from the tables.
enum StoredRows {
  struct Loaded: Sendable {
    var source: RunSource
    var facts: [Fact]
    var head: ChainHead
    /// The last owner's.
    var epoch: Int
  }

  static func number(of run: String, _ db: Database) throws -> Int? {
    try Int.fetchOne(
      try db.cachedStatement(sql: "SELECT number FROM run WHERE id = ?"), arguments: [run])
  }

  /// All of a run that its owner has taken over: nobody appends to it meanwhile.
  ///
  /// - Throws: `damaged` with the first event that is not as it was written.
  static func load(
    _ run: String, number: Int, from connection: Connection
  ) throws(JournalError) -> Loaded {
    let path = connection.path
    return try connection.read { db in
      do {
        let (stored, start) = try source(number, db)
        var check = try ChainCheck(stored, start: start)
        var facts: [Fact] = []
        try forEachEvent(of: number, after: 0, db) { row in
          try check.take(row)
          facts.append(try row.fact(path: path))
          return true
        }
        let head = try head(number, db)
        try check.end(at: head)
        return Loaded(
          source: try stored.decoded(path: path), facts: facts,
          head: ChainHead(number: number, sequence: check.sequence, hash: check.hash),
          epoch: head?.epoch ?? 0)
      } catch let breach as ChainBreach {
        throw JournalError.damaged(path: path, detail: breach.detail(run))
      }
    }
  }

  /// The facts after `sequence`, each checked against the hash of the one before.
  static func facts(
    of number: Int, after sequence: Int, limit: Int, path: String, _ db: Database
  ) throws -> [StoredFact] {
    guard let hash = try hash(of: sequence, run: number, db) else { return [] }
    var check = ChainCheck(after: sequence, hash: hash)
    var facts: [StoredFact] = []
    try forEachEvent(of: number, after: sequence, db) { row in
      guard facts.count < limit else { return false }
      try check.take(row)
      facts.append(StoredFact(sequence: row.sequence, fact: try row.fact(path: path)))
      return true
    }
    return facts
  }

  /// What the event after `sequence` is chained to; nil where there is no such event.
  private static func hash(of sequence: Int, run: Int, _ db: Database) throws -> [UInt8]? {
    let sql =
      sequence == 0
      ? "SELECT start FROM run WHERE number = ? AND ? = 0"
      : "SELECT hash FROM event WHERE run = ? AND sequence = ?"
    return try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: [run, sequence])?.bytes(0)
  }

  static func source(_ number: Int, _ db: Database) throws -> (StoredSource, start: [UInt8]) {
    let found = try Row.fetchOne(
      db, sql: "SELECT id, description, plan, sources, binding, start FROM run WHERE number = ?",
      arguments: [number])
    guard let row = found else { throw MissingValue(column: "run \(number)") }
    return (
      StoredSource(
        id: try row.text(0), description: try row.bytes(1), plan: try row.bytes(2),
        sources: try row.bytes(3), binding: try row.bytes(4)),
      try row.bytes(5)
    )
  }

  static func head(_ number: Int, _ db: Database) throws -> StoredHead? {
    let statement = try db.cachedStatement(
      sql: "SELECT epoch, events, hash FROM head WHERE run = ?")
    return try Row.fetchOne(statement, arguments: [number]).map {
      StoredHead(
        epoch: try $0.count(0), events: try $0.count(1), hash: try $0.bytes(2))
    }
  }

  /// Events in order until `take` returns false.
  static func forEachEvent(
    of number: Int, after sequence: Int, _ db: Database, _ take: (EventRow) throws -> Bool
  ) throws {
    let statement = try db.cachedStatement(
      sql: """
        SELECT sequence, time, body, output, hash FROM event
        WHERE run = ? AND sequence > ? ORDER BY sequence
        """)
    let rows = try Row.fetchCursor(statement, arguments: [number, sequence])
    while let row = try rows.next() {
      let event = EventRow(
        sequence: try row.count(0), time: try row.int(1), body: try row.bytes(2),
        output: row.hasNull(atIndex: 3) ? nil : try row.bytes(3), hash: try row.bytes(4))
      guard try take(event) else { return }
    }
  }
}

/// A row of `event`.
struct EventRow: Sendable {
  var sequence: Int
  var time: Int
  var body: [UInt8]
  /// Digest of the bytes that the event speaks of.
  var output: [UInt8]?
  var hash: [UInt8]

  func fact(path: String) throws(JournalError) -> Fact {
    Fact(
      time: Timestamp(milliseconds: time), event: try EventCoding.stored(body, path: path))
  }
}

/// A row of `head`.
struct StoredHead: Sendable {
  var epoch: Int
  var events: Int
  var hash: [UInt8]
}
