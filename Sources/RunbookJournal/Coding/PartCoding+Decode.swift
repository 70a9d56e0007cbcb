import RunbookCore

extension Fields {
  func instance(_ key: StaticString) throws(EventCodingError) -> Instance {
    let json = try object(key)
    return Instance(try json.string("path"), batch: try json.numbers("batch"))
  }

  func task() throws(EventCodingError) -> TaskID {
    let json = try object("task")
    return TaskID(
      try json.string("step"), host: try json.optionalString("host"),
      batch: try json.numbers("batch"))
  }

  func outcome() throws(EventCodingError) -> TaskOutcome { try TaskOutcome(object("outcome")) }

  func answers() throws(EventCodingError) -> [ProbeAnswer] {
    try list("answers") { (json) throws(EventCodingError) in
      try ProbeAnswer(Fields(json, of: "answers"))
    }
  }

  func strings(_ key: StaticString) throws(EventCodingError) -> [String] {
    try list(key) { (json) throws(EventCodingError) in json.text }
  }

  func hosts(_ key: StaticString) throws(EventCodingError) -> [String?] {
    try list(key) { (json) throws(EventCodingError) -> String?? in
      json == .null ? .some(nil) : json.text.map(Optional.some)
    }
  }

  /// Empty where the field is missing.
  func numbers(_ key: StaticString) throws(EventCodingError) -> [Int] {
    guard has(key) else { return [] }
    return try list(key) { (json) throws(EventCodingError) in
      if case .int(let number) = json { number } else { nil }
    }
  }
}

extension JSON {
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var elements: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}

extension [JSON] {
  /// nil where one element is not a string.
  var strings: [String]? {
    let texts = compactMap(\.text)
    return texts.count == count ? texts : nil
  }
}

extension StopReason {
  init(_ json: Fields) throws(EventCodingError) {
    let name = try json.string("reason")
    switch name {
    case "detached": self = .detached
    case "inDoubt": self = .inDoubt
    case "waitingForPerson": self = .waitingForPerson
    case "denied": self = .denied
    case "drifted": self = .drifted
    case "hostUnreachable": self = .hostUnreachable(try json.hosts("hosts"))
    case "stateUnusable": self = .stateUnusable(try json.string("detail"))
    case "lockHeld":
      self = .lockHeld(host: try json.string("host"), holder: try json.string("holder"))
    case "superseded": self = .superseded
    default: throw .unknown(what: "reason", name: name)
    }
  }
}

extension TaskOutcome {
  init(_ json: Fields) throws(EventCodingError) {
    let name = try json.string("outcome")
    switch name {
    case "done": self = .done
    case "doneByCheck": self = .doneByCheck
    case "accepted": self = .accepted(by: try json.string("by"))
    case "satisfied": self = .satisfied
    case "failed": self = .failed(try Failure(json.object("failure")))
    default: throw .unknown(what: "outcome", name: name)
    }
  }
}

extension Failure {
  init(_ json: Fields) throws(EventCodingError) {
    let name = try json.string("failure")
    switch name {
    case "require": self = .require(try json.int("number"))
    case "unlessCannotTell": self = .unlessCannotTell(try json.int("number"))
    case "action":
      self = .action(status: try json.int("status"), timedOut: try json.bool("timedOut"))
    case "check": self = .check(try json.int("number"))
    case "output": self = .output(try json.string("name"), try json.string("reason"))
    case "notStarted": self = .notStarted(try json.string("reason"))
    case "group": self = .group(try json.string("group"), try json.string("reason"))
    case "unreachable": self = .unreachable(try json.string("reason"))
    case "cancelled": self = .cancelled
    default: throw .unknown(what: "failure", name: name)
    }
  }
}

extension Value {
  init(_ json: Fields) throws(EventCodingError) {
    switch try json.named("type", ValueType.self) {
    case .string: self = .string(try json.string("value"))
    case .int: self = .int(try json.int("value"))
    case .bool: self = .bool(try json.bool("value"))
    case .duration: self = .duration(try json.int("value"))
    }
  }
}
