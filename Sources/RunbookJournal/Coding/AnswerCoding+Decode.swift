import RunbookCore

import struct Foundation.Data

extension ProbeAnswer {
  init(_ json: Fields) throws(EventCodingError) {
    self.init(
      stage: try json.named("stage"), index: try json.int("index"),
      answer: try json.named("answer"), status: try json.int("status"),
      timedOut: try json.bool("timedOut"), text: try json.printed("text"),
      errorText: try json.printed("errorText"), isTruncated: try json.bool("truncated"),
      duration: try json.optionalInt("duration"))
  }
}

extension ExchangeEnd {
  init(_ json: Fields) throws(EventCodingError) {
    self.init(
      verdict: try Verdict(json), status: try json.optionalInt("status"),
      timedOut: try json.bool("timedOut"), cancelled: try json.bool("cancelled"),
      outputSize: try json.int("outputSize"), errorSize: try json.int("errorSize"),
      logSize: try json.int("logSize"))
  }
}

extension ExchangeEnd.Verdict {
  init(_ json: Fields) throws(EventCodingError) {
    let name = try json.string("verdict")
    switch name {
    case "complete": self = .complete
    case "requireFailed": self = .requireFailed(try json.int("number"))
    case "unlessCannotTell": self = .unlessCannotTell(try json.int("number"))
    case "satisfied": self = .satisfied
    case "actionFailed": self = .actionFailed
    case "checkFailed": self = .checkFailed(try json.int("number"))
    case "outputFailed": self = .outputFailed(try json.int("number"))
    case "notStarted": self = .notStarted(try json.string("reason"))
    case "alreadyClaimed": self = .alreadyClaimed
    case "interrupted": self = .interrupted
    default: throw .unknown(what: "verdict", name: name)
    }
  }
}

extension Fields {
  fileprivate func printed(_ key: StaticString) throws(EventCodingError) -> [UInt8] {
    if case .string(let text) = try value(key) { return Array(text.utf8) }
    let encoded = try object(key).string("base64")
    guard let bytes = Data(base64Encoded: encoded) else {
      throw .malformed("\(key) is not base64")
    }
    return [UInt8](bytes)
  }
}
