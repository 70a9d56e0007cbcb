import RunbookCore
import Testing

@testable import RunbookJournal

@Suite struct EventCodingTests {
  @Test func everyEventIsReadBackAsItWasWritten() throws {
    for event in EventSamples.all {
      let bytes = EventCoding.encode(event)
      #expect(try EventCoding.decode(bytes) == event)
      #expect(bytes == EventCoding.encode(event))
    }
  }

  @Test func theSamplesHaveEveryEvent() {
    #expect(Set(EventSamples.all.map(EventSamples.name)).count == EventSamples.caseCount)
  }

  @Test func theNameOfACaseIsTheNameInTheJournal() throws {
    for event in EventSamples.all {
      let prefix = #"{"event":"\#(EventSamples.name(event))""#
      #expect(String(decoding: EventCoding.encode(event), as: UTF8.self).hasPrefix(prefix))
    }
  }

  @Test(arguments: [
    (
      Event.attemptStarted(
        TaskID("precheck/xfs", host: "db-1"), Attempt(key: "k1", number: 1, purpose: .forward)),
      #"{"event":"attemptStarted","task":{"step":"precheck/xfs","host":"db-1"},"#
        + #""attempt":{"key":"k1","number":1,"purpose":"forward"}}"#
    ),
    (
      .taskEnded(TaskID("plan", batch: [2]), .failed(.action(status: 137, timedOut: true))),
      #"{"event":"taskEnded","task":{"step":"plan","batch":[2]},"outcome":{"outcome":"failed","#
        + #""failure":{"failure":"action","status":137,"timedOut":true}}}"#
    ),
    (
      .probeAnswered(
        key: "k1",
        ProbeAnswer(
          stage: .check, index: 0, answer: .holds, status: 0, text: Array("xfs\n".utf8),
          errorText: [0xFF]), logOffset: 7),
      #"{"event":"probeAnswered","key":"k1","answer":{"stage":"check","index":0,"#
        + #""answer":"holds","status":0,"timedOut":false,"text":"xfs\n","#
        + #""errorText":{"base64":"/w=="},"truncated":false},"logOffset":7}"#
    ),
    (
      .stepStarted(Instance("a", batch: [1]), hosts: ["db-1", nil]),
      #"{"event":"stepStarted","step":{"path":"a","batch":[1]},"hosts":["db-1",null]}"#
    ),
  ])
  func theLayoutIsFixed(_ event: Event, _ expected: String) {
    #expect(String(decoding: EventCoding.encode(event), as: UTF8.self) == expected)
  }

  @Test func aFieldOfANewerVersionIsPassedOver() throws {
    let text = #" { "by": "root", "since": [1, {"x": null}], "event": "driftIgnored" } "#
    #expect(try EventCoding.decode(Array(text.utf8)) == .driftIgnored(by: "root"))
  }

  @Test(arguments: [
    (#"{"event":"hostDanced","host":"a"}"#, "event", "hostDanced"),
    (#"{"event":"runEnded","outcome":"paused"}"#, "outcome", "paused"),
    (#"{"event":"ownerLeft","reason":"bored"}"#, "reason", "bored"),
  ])
  func whatOnlyANewerVersionWritesIsNamed(_ text: String, _ what: String, _ name: String) {
    #expect(throws: EventCodingError.unknown(what: what, name: name)) {
      try EventCoding.decode(Array(text.utf8))
    }
  }

  @Test(arguments: [
    "", "{", #"{"event":"#, "[]", "7", "null", #"{"event":7}"#, #"{"event":"driftIgnored"}"#,
    #"{"event":"driftIgnored","by":7}"#, #"{"event":"driftIgnored","by":"x"}}"#,
    #"{"event":"driftIgnored","by":"\ud800"}"#, #"{"event":"driftIgnored","by":"\q"}"#,
    #"{"event":"stepStarted","step":{"path":"a"},"hosts":[1]}"#,
    #"{"event":"ownerTook","epoch":99999999999999999999,"process":1,"operator":"x"}"#,
    String(repeating: "[", count: 5000),
  ])
  func damagedBytesAreNoEvent(_ text: String) {
    #expect {
      try EventCoding.decode(Array(text.utf8))
    } throws: { error in
      if case EventCodingError.malformed = error { true } else { false }
    }
  }

  @Test func anyChangedByteIsReadOrRefused() {
    var source = SystemRandomNumberGenerator()
    for event in EventSamples.all {
      var bytes = EventCoding.encode(event)
      bytes[Int.random(in: 0..<bytes.count, using: &source)] = .random(in: 0...255, using: &source)
      _ = try? EventCoding.decode(bytes)
    }
  }

  @Test func aLineHasTheRunTheNumberAndTheTime() {
    let fact = Fact(
      time: Timestamp(milliseconds: 1_795_469_236_042), event: .driftIgnored(by: "root"))
    let line = String(decoding: EventCoding.line(run: "7f3c", sequence: 12, fact), as: UTF8.self)
    #expect(
      line == #"{"run":"7f3c","sequence":12,"time":"2026-11-23T21:27:16.042Z","#
        + #""event":"driftIgnored","by":"root"}"#)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
  ])
  func timesAreWrittenInUTC(_ milliseconds: Int, _ text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
  }
}
