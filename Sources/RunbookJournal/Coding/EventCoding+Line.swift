import RunbookCore

extension EventCoding {
  /// An event as one line of `history --events --json`, without the line's end: the event's own
  /// object with `run`, `sequence` and `time` (RFC 3339, UTC) before its fields.
  package static func line(run: String, sequence: Int, _ fact: Fact) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      // The first event names its run by itself.
      if case .runStarted = fact.event {} else { $0.field("run", run) }
      $0.field("sequence", sequence)
      $0.field("time", fact.time.rfc3339)
      $0.fields(of: fact.event)
    }
    return json.bytes
  }
}
