/// Where an owner's appends go on: the last event's number and hash.
struct ChainHead: Sendable {
  /// The run's number in the file; nil until its first event is there.
  var number: Int?
  var sequence: Int
  var hash: [UInt8]
}

/// What of a run is not as it was written.
package enum ChainBreach: Error, Hashable, Sendable {
  /// The description, plan, sources or binding that it was started with.
  case source
  /// The row of an event: its time, its bytes, a digest or a hash.
  case event(Int)
  /// The row of an event is not there.
  case missing(Int)
  /// Bytes of output that an event speaks of.
  case output(event: Int)
}

/// Follows a run's events and throws at the first that is not as it was written.
struct ChainCheck {
  private(set) var sequence = 0
  private(set) var hash: [UInt8]

  /// - Parameter start: the hash that was stored with the run.
  init(_ source: StoredSource, start: [UInt8]) throws(ChainBreach) {
    guard source.start == start else { throw .source }
    hash = start
  }

  /// Goes on after an event whose stored hash is taken as it is.
  init(after sequence: Int, hash: [UInt8]) {
    self.sequence = sequence
    self.hash = hash
  }

  mutating func take(_ row: EventRow) throws(ChainBreach) {
    guard row.sequence == sequence + 1 else { throw .missing(sequence + 1) }
    let expected = Chain.next(
      after: hash, sequence: row.sequence, time: row.time, event: row.body,
      outputDigest: row.output)
    guard expected == row.hash else { throw .event(row.sequence) }
    sequence = row.sequence
    hash = expected
  }

  /// Compares with what the run's head says.
  func end(at head: StoredHead?) throws(ChainBreach) {
    guard let head, head.events <= sequence else { throw .missing(sequence + 1) }
    guard head.events == sequence, head.hash == hash else { throw .event(sequence) }
  }
}

extension ChainBreach {
  /// For the detail of `JournalError.damaged`.
  package func detail(_ run: String) -> String {
    switch self {
    case .source: "run \(run): what it was started with"
    case .event(let sequence): "run \(run): event \(sequence)"
    case .missing(let sequence): "run \(run): event \(sequence) is missing"
    case .output(let sequence): "run \(run): output of event \(sequence)"
    }
  }
}
