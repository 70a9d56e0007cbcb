import GRDB
import RunbookCore
import RunbookEngine

import struct Foundation.Data

/// What a new run's first commit writes beside its events.
struct Beginning: Sendable {
  var source: StoredSource
  var hosts: Int
}

/// Makes the rows of an owner's next commit: encoded, numbered, chained to the ones before.
struct ChainWriter: Sendable {
  let run: String
  let epoch: Int
  private(set) var head: ChainHead
  private var beginning: Beginning?
  /// Until this owner's first commit, which raises the run's epoch.
  private var isFirst = true

  init(run: String, epoch: Int, head: ChainHead, beginning: Beginning?) {
    self.run = run
    self.epoch = epoch
    self.head = head
    self.beginning = beginning
  }

  /// - Precondition: an owner's first entries have `ownerTook` with its epoch; bytes come with
  ///   `outputReceived` alone, as many as it says.
  func batch(_ entries: [JournalEntry]) -> Batch {
    var rows: [Batch.NewRow] = []
    rows.reserveCapacity(entries.count)
    var hash = head.hash
    for (index, entry) in entries.enumerated() {
      check(entry)
      let body = EventCoding.encode(entry.fact.event)
      let digest = entry.output.isEmpty ? nil : SHA256.hash(entry.output)
      let sequence = head.sequence + index + 1
      let time = entry.fact.time.milliseconds
      hash = Chain.next(
        after: hash, sequence: sequence, time: time, event: body, outputDigest: digest)
      let row = EventRow(sequence: sequence, time: time, body: body, output: digest, hash: hash)
      rows.append(Batch.NewRow(row: row, entry: entry))
    }
    return Batch(
      run: run, epoch: epoch, isFirst: isFirst, head: head, beginning: beginning, rows: rows)
  }

  mutating func wrote(_ newHead: ChainHead) {
    head = newHead
    beginning = nil
    isFirst = false
  }

  private func check(_ entry: JournalEntry) {
    if case .outputReceived(_, _, _, _, let length) = entry.fact.event {
      precondition(entry.output.count == length, "\(entry.fact.event) with other bytes")
    } else {
      precondition(entry.output.isEmpty, "\(entry.fact.event) with bytes")
    }
    if case .ownerTook(let taken, _, _) = entry.fact.event {
      precondition(taken == epoch, "\(entry.fact.event) by the owner of epoch \(epoch)")
    }
  }
}

/// The rows of one commit.
struct Batch {
  struct NewRow {
    var row: EventRow
    var entry: JournalEntry
  }
  var run: String
  var epoch: Int
  var isFirst: Bool
  var head: ChainHead
  var beginning: Beginning?
  var rows: [NewRow]

  /// Inserts everything; the transaction around it commits or rolls back.
  ///
  /// - Returns: the head after it.
  func insert(path: String, _ db: Database) throws -> ChainHead {
    let number = try head.number ?? begin(db)
    guard let stored = try StoredRows.head(number, db) else {
      throw JournalError.damaged(path: path, detail: "run \(run): head")
    }
    guard stored.epoch == (isFirst ? epoch - 1 : epoch), stored.events == head.sequence,
      stored.hash == head.hash
    else { throw JournalError.superseded(run: run, epoch: epoch) }
    for new in rows {
      try insert(new.row, number: number, db)
      try OutputRows.insert(new.entry, run: number, db)
      if let request = new.entry.request {
        try RequestRows.take(request, run: number, sequence: new.row.sequence, db)
      }
      try Projection.apply(new.entry.fact, run: number, db)
      try HeldLocks.apply(new.entry.fact.event, run: number, db)
    }
    if isFirst { try RequestRows.refuseAll(run: number, db) }
    guard let last = rows.last?.row else { return head }
    let statement = try db.cachedStatement(
      sql: "UPDATE head SET epoch = ?, events = ?, hash = ? WHERE run = ?")
    try statement.execute(arguments: [epoch, last.sequence, Data(last.hash), number])
    return ChainHead(number: number, sequence: last.sequence, hash: last.hash)
  }

  private func insert(_ row: EventRow, number: Int, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO event (run, sequence, time, body, output, hash) VALUES (?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      number, row.sequence, row.time, Data(row.body), row.output.map { Data($0) }, Data(row.hash),
    ])
  }

  /// The run's own rows, in the transaction of its first event.
  private func begin(_ db: Database) throws -> Int {
    guard let beginning else { preconditionFailure("run \(run) has neither rows nor a beginning") }
    let source = beginning.source
    try db.execute(
      sql: """
        INSERT INTO run (id, description, plan, sources, binding, start) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        source.id, Data(source.description), Data(source.plan), Data(source.sources),
        Data(source.binding), Data(source.start),
      ])
    let number = Int(db.lastInsertedRowID)
    try db.execute(
      sql: "INSERT INTO head (run, epoch, events, hash) VALUES (?, ?, 0, ?)",
      arguments: [number, epoch - 1, Data(source.start)])
    try Projection.begin(run: number, hosts: beginning.hosts, db)
    return number
  }
}
