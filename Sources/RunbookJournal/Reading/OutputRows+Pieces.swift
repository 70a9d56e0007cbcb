import GRDB

import struct Foundation.Data

extension OutputRows {
  /// Pieces from `start` on, in order, gaps among them, until `limit` bytes are read.
  static func pieces(
    of name: OutputName, from start: OutputPosition, limit: Int, _ db: Database
  ) throws -> [OutputPiece] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT generation, offset, length, bytes FROM output
        WHERE run = ? AND key = ? AND stream = ? AND (generation, offset) >= (?, ?)
        ORDER BY generation, offset
        """)
    let first = try offsetOfPiece(at: start, of: name, db)
    let rows = try Row.fetchCursor(
      statement,
      arguments: [name.run, name.key, name.stream.rawValue, start.generation, first])
    var reader = PieceReader(position: start, room: limit)
    while reader.room > 0, let row = try rows.next() { try reader.take(row) }
    return reader.pieces
  }

  /// The offset at which the piece that holds `position` begins, or that of the position.
  private static func offsetOfPiece(
    at position: OutputPosition, of name: OutputName, _ db: Database
  ) throws -> Int {
    let statement = try db.cachedStatement(
      sql: """
        SELECT max(offset) FROM output
        WHERE run = ? AND key = ? AND stream = ? AND generation = ? AND offset <= ?
        """)
    return try Int.fetchOne(
      statement,
      arguments: [
        name.run, name.key, name.stream.rawValue, position.generation, position.offset,
      ]) ?? position.offset
  }
}

/// Makes pieces of rows that come in order.
private struct PieceReader {
  var position: OutputPosition
  /// Bytes that may still be read.
  var room: Int
  var pieces: [OutputPiece] = []

  mutating func take(_ row: Row) throws {
    let generation = try row.count(0)
    let offset = try row.count(1)
    let length = try row.count(2)
    if generation > position.generation {
      position = OutputPosition(generation: generation, offset: 0)
    }
    if offset > position.offset {
      append(.gap(length: offset - position.offset, at: position))
    }
    let known = position.offset - offset
    guard known < length else { return }
    if row.hasNull(atIndex: 3) {
      append(.gap(length: length - known, at: position))
    } else {
      let bytes = try row.withUnsafeData(atIndex: 3) {
        [UInt8](($0 ?? Data()).dropFirst(known).prefix(room))
      }
      room -= bytes.count
      append(.bytes(bytes, at: position))
    }
  }

  private mutating func append(_ piece: OutputPiece) {
    pieces.append(piece)
    position = piece.end
  }
}
