import RunbookCore

extension JSONWriter {
  mutating func fields(of event: Event) {
    switch event {
    case .runStarted(let run):
      name("runStarted")
      field("run", run.id)
      field("runbook", run.runbook)
      optional("title", run.title)
      field("operator", run.operator)
      field("machine", run.machine)
      optional("directory", run.directory)
      optional("inventory", run.inventory)
      if !run.connection.isEmpty { field("connection", run.connection) }
    case .ownerTook(let epoch, let process, let operatorName):
      name("ownerTook")
      field("epoch", epoch)
      field("process", process)
      field("operator", operatorName)
    case .ownerLeft(let reason):
      name("ownerLeft")
      fields(of: reason)
    case .runEnded(let outcome):
      name("runEnded")
      field("outcome", outcome.rawValue)
    case .cancelRequested(let by):
      name("cancelRequested")
      field("by", by)
    case .hostGreeted(let host, let bootID, let directoryID, let freeBytes):
      name("hostGreeted")
      optional("host", host)
      field("bootID", bootID)
      field("directoryID", directoryID)
      field("freeBytes", freeBytes)
    case .hostLost(let host, let reason):
      name("hostLost")
      optional("host", host)
      field("reason", reason)
    case .hostGivenUp(let host, let reason, let remedy):
      name("hostGivenUp")
      optional("host", host)
      field("reason", reason)
      optional("remedy", remedy)
    case .scopeEntered(let scope):
      name("scopeEntered")
      field("scope", scope)
    case .scopeLeftOut(let scope):
      name("scopeLeftOut")
      field("scope", scope)
    case .stepLeftOut(let step):
      name("stepLeftOut")
      field("step", step)
    case .stepStarted(let step, let hosts):
      name("stepStarted")
      field("step", step)
      field("hosts", hosts)
    case .stepFailed(let step, let failure):
      name("stepFailed")
      field("step", step)
      field("failure", failure)
    case .groupResolved(let group, let batch, let members):
      name("groupResolved")
      field("group", group)
      fieldUnlessEmpty("batch", batch)
      field("members", members)
    case .batchesFixed(let block, let batches):
      name("batchesFixed")
      field("block", block)
      field("batches") { $0.array(batches) { $0.array($1) { $0.string($1) } } }
    case .fileFixed(let step, let path, let digest):
      name("fileFixed")
      field("step", step)
      field("path", path)
      field("size", digest.size)
      field("sha256", digest.sha256)
    case .rollbackStarted(let scope):
      name("rollbackStarted")
      field("scope", scope)
    case .rollbackEnded(let scope, let succeeded):
      name("rollbackEnded")
      field("scope", scope)
      field("succeeded", succeeded)
    case .attemptStarted(let task, let attempt):
      name("attemptStarted")
      field("task", task)
      field("attempt") {
        $0.object {
          $0.field("key", attempt.key)
          $0.field("number", attempt.number)
          $0.field("purpose", attempt.purpose.rawValue)
        }
      }
    case .secretsSealed(let key, let seal):
      let secrets = seal.checks.keys.sorted()
      name("secretsSealed")
      field("key", key)
      field("salt", seal.salt)
      field("secrets", secrets)
      field("checks") { $0.array(secrets.compactMap { seal.checks[$0] }) { $0.int($1) } }
    case .outputReceived(let key, let stream, let generation, let offset, let length):
      name("outputReceived")
      field("key", key)
      field("stream", stream.rawValue)
      field("generation", generation)
      field("offset", offset)
      field("length", length)
    case .outputSkipped(let key, let stream, let generation, let offset, let length, let reason):
      name("outputSkipped")
      field("key", key)
      field("stream", stream.rawValue)
      field("generation", generation)
      field("offset", offset)
      field("length", length)
      // What the first journals mean without saying it.
      if reason != .limit { field("reason", reason.rawValue) }
    case .probeAnswered(let key, let answer, let logOffset):
      name("probeAnswered")
      field("key", key)
      field("answer") { $0.probe(answer) }
      field("logOffset", logOffset)
    case .exchangeEnded(let key, let end, let mayLackOutput):
      name("exchangeEnded")
      field("key", key)
      field("end", end)
      field("mayLackOutput", mayLackOutput)
    case .polled(let task, let end, let answers):
      name("polled")
      field("task", task)
      field("end", end)
      field("answers") { $0.array(answers) { $0.probe($1) } }
    case .retryScheduled(let task, let time, let failure):
      name("retryScheduled")
      field("task", task)
      field("at", time.milliseconds)
      field("after", failure)
    case .outputSet(let task, let output, let value):
      name("outputSet")
      field("task", task)
      field("name", output)
      field("value", value)
    case .outputHeld(let task, let output):
      name("outputHeld")
      field("task", task)
      field("name", output)
    case .outputLost(let task, let output, let problem):
      name("outputLost")
      field("task", task)
      field("name", output)
      field("problem", problem)
    case .outputUnreadable(let task, let output, let problem):
      name("outputUnreadable")
      field("task", task)
      field("name", output)
      field("problem", problem)
    case .taskEnded(let task, let outcome):
      name("taskEnded")
      field("task", task)
      field("outcome", outcome)
    case .rollbackTaskEnded(let task, let outcome):
      name("rollbackTaskEnded")
      field("task", task)
      field("outcome", outcome)
    case .doubtRaised(let task, let doubt):
      name("doubtRaised")
      field("task", task)
      field("doubt", doubt.rawValue)
    case .rechecked(let task, let end, let answers):
      name("rechecked")
      field("task", task)
      field("end", end)
      field("answers") { $0.array(answers) { $0.probe($1) } }
    case .confirmed(let task, let by):
      name("confirmed")
      field("task", task)
      field("by", by)
    case .denied(let task, let by):
      name("denied")
      field("task", task)
      field("by", by)
    case .doubtSettled(let task, let decision, let by):
      name("doubtSettled")
      field("task", task)
      field("decision", decision.rawValue)
      field("by", by)
    case .taskReopened(let task, let by):
      name("taskReopened")
      field("task", task)
      field("by", by)
    case .locksTaken(let names):
      name("locksTaken")
      field("names", names)
    case .hostLocked(let host):
      name("hostLocked")
      field("host", host)
    case .hostUnlocked(let host, let problem):
      name("hostUnlocked")
      field("host", host)
      optional("problem", problem)
    case .hostLockRefused(let host, let holder):
      name("hostLockRefused")
      field("host", host)
      field("holder", holder)
    case .driftIgnored(let by):
      name("driftIgnored")
      field("by", by)
    case .adopted(let adoption):
      name("adopted")
      fields(of: adoption)
    }
  }

  private mutating func name(_ event: String) { field("event", event) }
}
