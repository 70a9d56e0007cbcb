import RunbookCore

extension Event {
  init(_ json: Fields) throws(EventCodingError) {
    let name = try json.string("event")
    switch name {
    case "runStarted":
      self = .runStarted(
        RunDescription(
          id: try json.string("run"), runbook: try json.string("runbook"),
          title: try json.optionalString("title"), operator: try json.string("operator"),
          machine: try json.string("machine"),
          directory: try json.optionalString("directory"),
          inventory: try json.optionalString("inventory"),
          connection: json.has("connection") ? try json.strings("connection") : []))
    case "ownerTook":
      self = .ownerTook(
        epoch: try json.int("epoch"), process: try json.int("process"),
        operator: try json.string("operator"))
    case "ownerLeft": self = .ownerLeft(try StopReason(json))
    case "runEnded": self = .runEnded(try json.named("outcome"))
    case "cancelRequested": self = .cancelRequested(by: try json.string("by"))
    case "hostGreeted":
      self = .hostGreeted(
        host: try json.optionalString("host"), bootID: try json.string("bootID"),
        directoryID: try json.string("directoryID"), freeBytes: try json.int("freeBytes"))
    case "hostLost":
      self = .hostLost(host: try json.optionalString("host"), reason: try json.string("reason"))
    case "hostGivenUp":
      self = .hostGivenUp(
        host: try json.optionalString("host"), reason: try json.string("reason"),
        remedy: try json.optionalString("remedy"))
    case "scopeEntered": self = .scopeEntered(try json.instance("scope"))
    case "scopeLeftOut": self = .scopeLeftOut(try json.instance("scope"))
    case "stepLeftOut": self = .stepLeftOut(try json.instance("step"))
    case "stepStarted":
      self = .stepStarted(try json.instance("step"), hosts: try json.hosts("hosts"))
    case "stepFailed":
      self = .stepFailed(try json.instance("step"), try Failure(json.object("failure")))
    case "groupResolved":
      self = .groupResolved(
        try json.string("group"), batch: try json.numbers("batch"),
        members: try json.strings("members"))
    case "batchesFixed":
      self = .batchesFixed(
        try json.instance("block"),
        batches: try json.list("batches") { (batch) throws(EventCodingError) in
          batch.elements?.strings
        })
    case "fileFixed":
      self = .fileFixed(
        try json.string("step"), path: try json.string("path"),
        FileDigest(size: try json.int("size"), sha256: try json.string("sha256")))
    case "rollbackStarted": self = .rollbackStarted(try json.instance("scope"))
    case "rollbackEnded":
      self = .rollbackEnded(
        try json.instance("scope"), succeeded: try json.bool("succeeded"))
    case "attemptStarted":
      let attempt = try json.object("attempt")
      self = .attemptStarted(
        try json.task(),
        Attempt(
          key: try attempt.string("key"), number: try attempt.int("number"),
          purpose: try attempt.named("purpose")))
    case "secretsSealed":
      let checks = zip(try json.strings("secrets"), try json.numbers("checks"))
      self = .secretsSealed(
        key: try json.string("key"),
        SecretSeal(
          salt: try json.int("salt"), checks: Dictionary(checks) { first, _ in first }))
    case "outputReceived":
      self = .outputReceived(
        key: try json.string("key"), try json.named("stream"),
        generation: try json.int("generation"), offset: try json.int("offset"),
        length: try json.int("length"))
    case "outputSkipped":
      self = .outputSkipped(
        key: try json.string("key"), try json.named("stream"),
        generation: try json.int("generation"), offset: try json.int("offset"),
        length: try json.int("length"),
        reason: try json.optionalString("reason") == nil ? .limit : try json.named("reason"))
    case "probeAnswered":
      self = .probeAnswered(
        key: try json.string("key"), try ProbeAnswer(json.object("answer")),
        logOffset: try json.int("logOffset"))
    case "exchangeEnded":
      self = .exchangeEnded(
        key: try json.string("key"), try ExchangeEnd(json.object("end")),
        mayLackOutput: try json.bool("mayLackOutput"))
    case "polled":
      self = .polled(
        try json.task(), try ExchangeEnd(json.object("end")), answers: try json.answers())
    case "retryScheduled":
      self = .retryScheduled(
        try json.task(), at: Timestamp(milliseconds: try json.int("at")),
        after: try Failure(json.object("after")))
    case "outputSet":
      self = .outputSet(
        try json.task(), name: try json.string("name"), value: try Value(json.object("value")))
    case "outputHeld":
      self = .outputHeld(try json.task(), name: try json.string("name"))
    case "outputLost":
      self = .outputLost(
        try json.task(), name: try json.string("name"), problem: try json.string("problem"))
    case "outputUnreadable":
      self = .outputUnreadable(
        try json.task(), name: try json.string("name"), problem: try json.string("problem"))
    case "taskEnded": self = .taskEnded(try json.task(), try json.outcome())
    case "rollbackTaskEnded": self = .rollbackTaskEnded(try json.task(), try json.outcome())
    case "doubtRaised": self = .doubtRaised(try json.task(), try json.named("doubt"))
    case "rechecked":
      self = .rechecked(
        try json.task(), try ExchangeEnd(json.object("end")), answers: try json.answers())
    case "confirmed": self = .confirmed(try json.task(), by: try json.string("by"))
    case "denied": self = .denied(try json.task(), by: try json.string("by"))
    case "doubtSettled":
      self = .doubtSettled(
        try json.task(), try json.named("decision"), by: try json.string("by"))
    case "taskReopened": self = .taskReopened(try json.task(), by: try json.string("by"))
    case "locksTaken": self = .locksTaken(try json.strings("names"))
    case "hostLocked": self = .hostLocked(host: try json.string("host"))
    case "hostUnlocked":
      self = .hostUnlocked(
        host: try json.string("host"), problem: try json.optionalString("problem"))
    case "hostLockRefused":
      self = .hostLockRefused(host: try json.string("host"), holder: try json.string("holder"))
    case "adopted": self = .adopted(try Adoption(json))
    case "driftIgnored": self = .driftIgnored(by: try json.string("by"))
    default: throw .unknown(what: "event", name: name)
    }
  }
}
