import RunbookCore

/// The parts that several events share.
extension JSONWriter {
  mutating func optional(_ key: StaticString, _ text: String?) {
    if let text { field(key, text) }
  }

  mutating func optional(_ key: StaticString, _ number: Int?) {
    if let number { field(key, number) }
  }

  mutating func fieldUnlessEmpty(_ key: StaticString, _ numbers: [Int]) {
    if !numbers.isEmpty { field(key) { $0.array(numbers) { $0.int($1) } } }
  }

  mutating func field(_ key: StaticString, _ texts: [String]) {
    field(key) { $0.array(texts) { $0.string($1) } }
  }

  mutating func field(_ key: StaticString, _ hosts: [String?]) {
    field(key) {
      $0.array(hosts) { json, host in
        if let host { json.string(host) } else { json.null() }
      }
    }
  }

  /// `{"path":…,"batch":[…]}`
  mutating func field(_ key: StaticString, _ instance: Instance) {
    field(key) {
      $0.object {
        $0.field("path", instance.path)
        $0.fieldUnlessEmpty("batch", instance.batch)
      }
    }
  }

  /// `{"step":…,"host":…,"batch":[…]}`
  mutating func field(_ key: StaticString, _ task: TaskID) {
    field(key) {
      $0.object {
        $0.field("step", task.step)
        $0.optional("host", task.host)
        $0.fieldUnlessEmpty("batch", task.batch)
      }
    }
  }

  /// `{"type":"duration","value":1500}`
  mutating func field(_ key: StaticString, _ value: Value) {
    field(key) {
      $0.object {
        $0.field("type", value.type.rawValue)
        switch value {
        case .string(let text): $0.field("value", text)
        case .int(let number), .duration(let number): $0.field("value", number)
        case .bool(let truth): $0.field("value", truth)
        }
      }
    }
  }

  /// `reason`, and what belongs to it, beside the other fields of the event.
  mutating func fields(of reason: StopReason) {
    switch reason {
    case .detached: field("reason", "detached")
    case .inDoubt: field("reason", "inDoubt")
    case .waitingForPerson: field("reason", "waitingForPerson")
    case .denied: field("reason", "denied")
    case .drifted: field("reason", "drifted")
    case .hostUnreachable(let hosts):
      field("reason", "hostUnreachable")
      field("hosts", hosts)
    case .stateUnusable(let detail):
      field("reason", "stateUnusable")
      field("detail", detail)
    case .lockHeld(let host, let holder):
      field("reason", "lockHeld")
      field("host", host)
      field("holder", holder)
    case .superseded: field("reason", "superseded")
    }
  }

  /// `{"outcome":"failed","failure":{…}}`, `{"outcome":"accepted","by":…}`
  mutating func field(_ key: StaticString, _ outcome: TaskOutcome) {
    field(key) {
      $0.object {
        switch outcome {
        case .done: $0.field("outcome", "done")
        case .doneByCheck: $0.field("outcome", "doneByCheck")
        case .accepted(let by):
          $0.field("outcome", "accepted")
          $0.field("by", by)
        case .satisfied: $0.field("outcome", "satisfied")
        case .failed(let failure):
          $0.field("outcome", "failed")
          $0.field("failure", failure)
        }
      }
    }
  }

  /// `{"failure":"check","number":2}`: the number as it stands in the event.
  mutating func field(_ key: StaticString, _ failure: Failure) {
    field(key) {
      $0.object {
        switch failure {
        case .require(let number):
          $0.field("failure", "require")
          $0.field("number", number)
        case .unlessCannotTell(let number):
          $0.field("failure", "unlessCannotTell")
          $0.field("number", number)
        case .action(let status, let timedOut):
          $0.field("failure", "action")
          $0.field("status", status)
          $0.field("timedOut", timedOut)
        case .check(let number):
          $0.field("failure", "check")
          $0.field("number", number)
        case .output(let name, let reason):
          $0.field("failure", "output")
          $0.field("name", name)
          $0.field("reason", reason)
        case .notStarted(let reason):
          $0.field("failure", "notStarted")
          $0.field("reason", reason)
        case .group(let group, let reason):
          $0.field("failure", "group")
          $0.field("group", group)
          $0.field("reason", reason)
        case .unreachable(let reason):
          $0.field("failure", "unreachable")
          $0.field("reason", reason)
        case .cancelled: $0.field("failure", "cancelled")
        }
      }
    }
  }
}
