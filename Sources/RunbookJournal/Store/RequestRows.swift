import GRDB
import RunbookEngine

/// The table `request`.
enum RequestRows {
  /// What `taken` says of a request that no event answers: nothing of the run waits for it, or
  /// whoever made it has taken it back.
  static let refused = 0

  /// A request that an event has answered stays answered.
  static func refuse(_ id: Int, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE request SET taken = ? WHERE id = ? AND taken IS NULL", arguments: [refused, id])
  }

  /// What was asked of an earlier owner, by somebody who died before they could take it back, is no
  /// answer to what this one asks.
  static func refuseAll(run: Int, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE request SET taken = ? WHERE run = ? AND taken IS NULL",
      arguments: [refused, run])
  }

  static func insert(
    _ kind: OperatorRequest.Kind, run: Int, by name: String, _ db: Database
  ) throws -> Int {
    let word: String
    let step: String?
    switch kind {
    case .approve(let path): (word, step) = ("approve", path)
    case .deny(let path): (word, step) = ("deny", path)
    case .cancel: (word, step) = ("cancel", nil)
    }
    try db.execute(
      sql: "INSERT INTO request (run, kind, step, by) VALUES (?, ?, ?, ?)",
      arguments: [run, word, step, name])
    return Int(db.lastInsertedRowID)
  }

  /// Those that no event has answered yet, oldest first.
  static func waiting(run: Int, path: String, _ db: Database) throws -> [OperatorRequest] {
    let statement = try db.cachedStatement(
      sql: "SELECT id, kind, step, by FROM request WHERE run = ? AND taken IS NULL ORDER BY id")
    return try Row.fetchAll(statement, arguments: [run]).map { row in
      let id = try row.int(0)
      let step: String? = row[2]
      let kind: OperatorRequest.Kind
      switch (try row.text(1), step) {
      case ("approve", let step?): kind = .approve(step: step)
      case ("deny", let step?): kind = .deny(step: step)
      case ("cancel", nil): kind = .cancel
      default: throw JournalError.damaged(path: path, detail: "request \(id)")
      }
      return OperatorRequest(id: id, kind: kind, by: try row.text(3))
    }
  }

  /// One request may become several events (an approval of a step on three hosts); the first
  /// counts.
  static func take(_ id: Int, run: Int, sequence: Int, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: "UPDATE request SET taken = ? WHERE id = ? AND run = ? AND taken IS NULL")
    try statement.execute(arguments: [sequence, id, run])
  }
}
