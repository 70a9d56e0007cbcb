import RunbookCore

import struct Foundation.Data

/// What hosts answered.
extension JSONWriter {
  /// `{"stage":"check","index":0,"answer":"holds","status":0,"timedOut":false,"text":…,
  /// "errorText":…,"truncated":false,"duration":12}`
  mutating func probe(_ answer: ProbeAnswer) {
    object {
      $0.field("stage", answer.stage.rawValue)
      $0.field("index", answer.index)
      $0.field("answer", answer.answer.rawValue)
      $0.field("status", answer.status)
      $0.field("timedOut", answer.timedOut)
      $0.field("text") { $0.printed(answer.text) }
      $0.field("errorText") { $0.printed(answer.errorText) }
      $0.field("truncated", answer.isTruncated)
      $0.optional("duration", answer.duration)
    }
  }

  /// `{"verdict":"checkFailed","number":1,"status":0,"timedOut":false,"cancelled":false,
  /// "outputSize":…,"errorSize":…,"logSize":…}`
  mutating func field(_ key: StaticString, _ end: ExchangeEnd) {
    field(key) {
      $0.object {
        $0.fields(of: end.verdict)
        $0.optional("status", end.status)
        $0.field("timedOut", end.timedOut)
        $0.field("cancelled", end.cancelled)
        $0.field("outputSize", end.outputSize)
        $0.field("errorSize", end.errorSize)
        $0.field("logSize", end.logSize)
      }
    }
  }

  private mutating func fields(of verdict: ExchangeEnd.Verdict) {
    switch verdict {
    case .complete: field("verdict", "complete")
    case .requireFailed(let number):
      field("verdict", "requireFailed")
      field("number", number)
    case .unlessCannotTell(let number):
      field("verdict", "unlessCannotTell")
      field("number", number)
    case .satisfied: field("verdict", "satisfied")
    case .actionFailed: field("verdict", "actionFailed")
    case .checkFailed(let number):
      field("verdict", "checkFailed")
      field("number", number)
    case .outputFailed(let number):
      field("verdict", "outputFailed")
      field("number", number)
    case .notStarted(let reason):
      field("verdict", "notStarted")
      field("reason", reason)
    case .alreadyClaimed: field("verdict", "alreadyClaimed")
    case .interrupted: field("verdict", "interrupted")
    }
  }

  /// Bytes that a program printed: a string where they are UTF-8, else `{"base64":"…"}`.
  private mutating func printed(_ bytes: [UInt8]) {
    if let text = String(validating: bytes, as: UTF8.self) {
      string(text)
    } else {
      object { $0.field("base64", Data(bytes).base64EncodedString()) }
    }
  }
}
