import GRDB
import RunbookCore
import RunbookEngine

/// Reads the table `summary`; a run without an owner's last word reads as interrupted.
enum SummaryRows {
  static func newest(_ limit: Int, path: String, _ db: Database) throws -> [RunSummary] {
    let rows = try Row.fetchAll(
      db, sql: columns + " ORDER BY summary.run DESC LIMIT ?", arguments: [limit])
    return try rows.map { try summary($0, path: path) }
  }

  static func one(_ run: String, path: String, _ db: Database) throws -> RunSummary? {
    try Row.fetchOne(db, sql: columns + " WHERE run.id = ?", arguments: [run])
      .map { try summary($0, path: path) }
  }

  private static let columns = """
    SELECT run.id, summary.runbook, summary.title, summary.operator, summary.machine,
      summary.hosts, summary.started, summary.ended, summary.outcome, summary.stopped,
      head.events, event.time
    FROM summary
    JOIN run ON run.number = summary.run
    JOIN head ON head.run = summary.run
    LEFT JOIN event ON event.run = summary.run AND event.sequence = head.events
    """

  private static func summary(_ row: Row, path: String) throws -> RunSummary {
    let id = try row.text(0)
    return RunSummary(
      id: id, runbook: try row.text(1), title: row[2],
      state: try state(row, run: id, path: path),
      started: Timestamp(milliseconds: try row.int(6)),
      ended: (row[7] as Int?).map(Timestamp.init(milliseconds:)),
      lastEvent: Timestamp(milliseconds: try row.int(11)), operator: try row.text(3),
      machine: try row.text(4), hostCount: try row.count(5), eventCount: try row.count(10))
  }

  private static func state(
    _ row: Row, run: String, path: String
  ) throws -> RunSummary.State {
    if let name: String = row[8] {
      guard let outcome = RunOutcome(rawValue: name) else {
        throw JournalError.damaged(path: path, detail: "run \(run): outcome \(name)")
      }
      return .ended(outcome)
    }
    guard !row.hasNull(atIndex: 9) else { return .interrupted }
    guard case .ownerLeft(let reason) = try EventCoding.stored(row.bytes(9), path: path) else {
      throw JournalError.damaged(path: path, detail: "run \(run): why it stopped")
    }
    return .stopped(reason)
  }
}
