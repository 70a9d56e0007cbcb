import RunbookEngine

/// Where an owner's appends go on: the last event's number and hash.
struct ChainHead: Sendable {
  /// The run's number in the file; nil until its first event is there.
  var number: Int?
  var sequence: Int
  var hash: [UInt8]
}

/// Follows a run's events and throws `damaged` at the first that is not as it was written.
struct ChainCheck {
  let run: String
  let path: String
  private(set) var sequence = 0
  private(set) var hash: [UInt8]

  init(run: String, path: String, start: [UInt8]) {
    self.run = run
    self.path = path
    hash = start
  }

  /// What the run began with.
  func begin(_ source: StoredSource) throws(JournalError) {
    guard source.start == hash else { throw damaged("what it was started with was changed") }
  }

  mutating func take(_ row: EventRow) throws(JournalError) {
    guard row.sequence == sequence + 1 else { throw damaged("event \(sequence + 1) is missing") }
    let expected = Chain.next(
      after: hash, sequence: row.sequence, time: row.time, event: row.body,
      outputDigest: row.output)
    guard expected == row.hash else { throw damaged("event \(row.sequence) was changed") }
    sequence = row.sequence
    hash = expected
  }

  func end(at head: StoredHead?, number: Int) throws(JournalError) -> ChainHead {
    guard let head, head.events == sequence else {
      throw damaged("event \(sequence + 1) is missing")
    }
    guard head.hash == hash else { throw damaged("the hash of event \(sequence) was changed") }
    return ChainHead(number: number, sequence: sequence, hash: hash)
  }

  func damaged(_ what: String) -> JournalError {
    .damaged(path: path, detail: "run \(run): \(what)")
  }
}
