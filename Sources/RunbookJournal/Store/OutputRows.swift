import GRDB
import RunbookCore
import RunbookEngine

import struct Foundation.Data

/// Names one stream of one attempt in the file.
struct OutputName: Sendable {
  /// The run's number.
  var run: Int
  var key: AttemptKey
  var stream: OutputStream
}

/// The table `output`.
enum OutputRows {
  /// The bytes or the gap that an event speaks of.
  static func insert(_ entry: JournalEntry, run: Int, _ db: Database) throws {
    if case .outputReceived(let key, let stream, let generation, let offset, let length) =
      entry.fact.event, length > 0
    {
      // Without bytes it only says that a generation began.
      try insert(
        OutputName(run: run, key: key, stream: stream), generation: generation, offset: offset,
        length: length, bytes: Data(entry.output), db)
    }
    if case .outputSkipped(let key, let stream, let generation, let offset, let length, _) =
      entry.fact.event
    {
      try insert(
        OutputName(run: run, key: key, stream: stream), generation: generation, offset: offset,
        length: length, bytes: nil, db)
    }
  }

  /// The bytes of a stream in order, gaps left out, at most `limit`.
  static func bytes(of name: OutputName, _ limit: Int, _ db: Database) throws -> [UInt8] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT bytes FROM output WHERE run = ? AND key = ? AND stream = ? AND bytes IS NOT NULL
        ORDER BY generation, offset
        """)
    let rows = try Row.fetchCursor(
      statement, arguments: [name.run, name.key, name.stream.rawValue])
    var bytes: [UInt8] = []
    while bytes.count < limit, let row = try rows.next() {
      try row.withUnsafeData(atIndex: 0) { data in
        bytes.append(contentsOf: (data ?? Data()).prefix(limit - bytes.count))
      }
    }
    return bytes
  }

  /// The bytes that begin at exactly this offset.
  static func piece(
    of name: OutputName, generation: Int, offset: Int, _ db: Database
  ) throws -> [UInt8]? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT bytes FROM output
        WHERE run = ? AND key = ? AND stream = ? AND generation = ? AND offset = ?
        """)
    return try Row.fetchOne(
      statement, arguments: [name.run, name.key, name.stream.rawValue, generation, offset]
    )?.bytes(0)
  }

  private static func insert(
    _ name: OutputName, generation: Int, offset: Int, length: Int, bytes: Data?, _ db: Database
  ) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO output (run, key, stream, generation, offset, length, bytes)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      name.run, name.key, name.stream.rawValue, generation, offset, length, bytes,
    ])
  }
}
