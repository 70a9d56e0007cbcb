/// The state of a run: a fold over its events and nothing else.
///
/// `apply` takes what happened, `consequences` says which events follow from it, and `wants` says
/// what ought to be underway now. The driver journals, applies and acts; it decides nothing.
package struct RunState: Sendable {
  package private(set) var plan: Plan
  package private(set) var binding: Binding
  package private(set) var index: PlanIndex
  /// Steps that an adopted runbook does not have any more: what they did is still told.
  package internal(set) var removedSteps: [Step] = []
  /// The names under which steps began that an adopted runbook renamed: what they keep on hosts is
  /// found by them.
  package internal(set) var originalNames: [StepPath: StepPath] = [:]

  package private(set) var description: RunDescription?
  package private(set) var epoch = 0
  package private(set) var ownerSince: Timestamp?
  package private(set) var startedAt: Timestamp?
  package private(set) var endedAt: Timestamp?
  package private(set) var lastEventAt: Timestamp?
  package private(set) var outcome: RunOutcome?
  package private(set) var stopReason: StopReason?
  package private(set) var cancelledBy: String?
  /// A `confirm` was denied: nothing starts until another owner asks again.
  package private(set) var denied: (task: TaskID, by: String)?

  package private(set) var lockNames: [String] = []
  /// Hosts on which this owner has found its locks to be held by this run.
  package private(set) var lockedHosts: Set<String> = []
  /// Hosts on which this owner has released them, at the end of the run: never taken again.
  private(set) var unlockedHosts: Set<String> = []
  /// Hosts that may have a lock of this run, from whichever owner: released before the run ends.
  package private(set) var unreleasedHosts: Set<String> = []
  /// Hosts on which the run's locks could not be given back, and why.
  package private(set) var keptLocks: [String: String] = [:]
  /// An owner took the run over after it had ended, and nothing has failed since: what failed
  /// before that is to be tried again, also by the next owner should this one die at once.
  package private(set) var isTriedAgain = false
  /// Hosts that refused this owner a lock, and who holds it: it gives back the others and leaves.
  package private(set) var refusedLocks: [String: String] = [:]
  package internal(set) var tasks: [TaskID: TaskState] = [:]
  package internal(set) var attempts: [AttemptKey: AttemptState] = [:]
  package internal(set) var hosts: [String?: HostState] = [:]
  package internal(set) var steps: [Instance: StepState] = [:]
  package internal(set) var enteredScopes: Set<Instance> = []
  package internal(set) var leftOutScopes: Set<Instance> = []
  package internal(set) var rollbacks: [Instance: RollbackState] = [:]
  package internal(set) var batches: [Instance: [[String]]] = [:]
  package internal(set) var foundGroups: [Instance: [String]] = [:]
  package internal(set) var outputs: [OutputSlot: Value] = [:]
  /// The tasks that gave the outputs that took from a secret.
  package internal(set) var secretWriters: [OutputSlot: TaskID] = [:]
  /// Those whose values this owner has.
  package private(set) var heldOutputs: Set<OutputSlot> = []
  /// Those that it asked for in vain, and why.
  package private(set) var lostOutputs: [OutputSlot: String] = [:]
  /// What each `upload` copies, by its step and the local path.
  package internal(set) var files: [FileSlot: FileDigest] = [:]
  /// Tasks whose lasting checks this owner still has to ask again, before the first new start.
  package internal(set) var toRecheck: Set<TaskID> = []
  package internal(set) var drifted: [TaskID: [ProbeAnswer]] = [:]
  package internal(set) var isDriftIgnored = false

  package private(set) var secretSalt: Int?
  package internal(set) var inFlight: Set<AttemptKey> = []
  /// At least the tasks in doubt, so that nobody has to walk all tasks to find the few.
  var perhapsInDoubt: Set<TaskID> = []
  private var ends = 0
  private(set) var attemptCount = 0
  /// First child of each sequence that has not ended: a cache of the walk.
  var cursors: [Instance: Int] = [:]

  package init(plan: Plan, binding: Binding) {
    self.plan = plan
    self.binding = binding
    index = PlanIndex(plan)
  }

  /// The key of the next attempt: unique in the run, whichever process starts it.
  package var nextAttemptKey: AttemptKey { "\(attemptCount + 1).\(epoch)" }

  package mutating func apply(_ fact: Fact) {
    let time = fact.time
    lastEventAt = time
    switch fact.event {
    case .runStarted(let description):
      self.description = description
      startedAt = time
    case .ownerTook(let epoch, _, _):
      precondition(epoch > self.epoch, "owner \(epoch) took a run of owner \(self.epoch)")
      self.epoch = epoch
      ownerSince = time
      takeOver()
    case .ownerLeft(let reason):
      stopReason = reason
    case .runEnded(let outcome):
      self.outcome = outcome
      endedAt = time
      if outcome == .succeeded || outcome == .rolledBack {
        for host in hosts.keys { hosts[host]?.isTakenLeaveOf = true }
      }
    case .cancelRequested(let by):
      cancelledBy = by
    case .hostGreeted(let host, let bootID, let directoryID, let freeBytes):
      var state = hosts[host] ?? HostState()
      state.connection = .up
      state.bootID = bootID
      state.directoryID = directoryID
      state.isTakenLeaveOf = false
      state.freeBytes = freeBytes
      hosts[host] = state
      if let host, hostsToLock.contains(host) { unreleasedHosts.insert(host) }
    case .locksTaken(let names):
      lockNames = names
    case .hostLocked(let host):
      lockedHosts.insert(host)
      keptLocks[host] = nil
    case .hostUnlocked(let host, let problem):
      lockedHosts.remove(host)
      unlockedHosts.insert(host)
      unreleasedHosts.remove(host)
      keptLocks[host] = problem
    case .hostLockRefused(let host, let holder):
      refusedLocks[host] = holder
    case .hostLost(let host, let reason):
      hosts[host, default: HostState()].connection = .lost(since: time, reason: reason)
    case .hostGivenUp(let host, let reason, let remedy):
      hosts[host, default: HostState()].connection = .givenUp(reason: reason)
      hosts[host]?.remedy = remedy
    case .scopeEntered(let scope):
      enteredScopes.insert(scope)
    case .scopeLeftOut(let scope):
      leftOutScopes.insert(scope)
    case .stepLeftOut(let step):
      steps[step] = StepState(hosts: [], isLeftOut: true)
    case .stepStarted(let step, let hosts):
      steps[step] = StepState(hosts: hosts, startedAt: time)
      for host in hosts {
        let id = TaskID(step.path, host: host, batch: step.batch)
        if tasks[id] == nil { tasks[id] = TaskState(id) }
      }
    case .stepFailed(let step, let failure):
      isTriedAgain = false
      steps[step] = StepState(hosts: [], failure: failure)
    case .groupResolved(let group, let batch, let members):
      foundGroups[Instance(group, batch: batch)] = members
    case .batchesFixed(let block, let batches):
      self.batches[block] = batches
      if let node = index.node(named: block.path),
        case .rolling(let group, _, _, _) = index[node].kind
      {
        for (position, members) in batches.enumerated() {
          foundGroups[Instance(group, batch: block.batch + [position + 1])] = members
        }
      }
    case .fileFixed(let step, let path, let digest):
      files[FileSlot(step: step, path: path)] = digest
    case .rollbackStarted(let scope):
      // Under a cancel only a person begins one.
      cancelledBy = nil
      rollbacks[scope] = .underway
      toRecheck = toRecheck.filter { !isUndone($0) }
    case .rollbackEnded(let scope, let succeeded):
      rollbacks[scope] = succeeded ? .succeeded : .failed
    case .attemptStarted(let id, let attempt):
      attemptCount += 1
      start(attempt, of: id, at: time)
    case .secretsSealed(let key, let seal):
      attempts[key]?.seal = seal
      secretSalt = seal.salt
    case .outputReceived(let key, let stream, let generation, let offset, let length):
      received(
        key, stream, generation: generation, offset: offset, length: length, isKept: true)
    case .outputSkipped(let key, let stream, let generation, let offset, let length, _):
      received(
        key, stream, generation: generation, offset: offset, length: length, isKept: false)
    case .probeAnswered(let key, let answer, let logOffset):
      answered(key, answer, logOffset: logOffset)
    case .exchangeEnded(let key, let end, let mayLackOutput):
      ended(key, end, mayLackOutput: mayLackOutput, at: time)
    case .polled(let id, let end, let answers):
      polled(id, end, answers, at: time)
    case .retryScheduled(let id, let at, let failure):
      update(id) {
        $0.phase = .pausing(until: at, after: failure)
        $0.lastPoll = nil
      }
    case .outputSet(let id, let name, let value):
      outputs[slot(of: name, by: id)] = value
      update(id) { $0.outputsSet.insert(name) }
    case .outputHeld(let id, let name):
      let slot = slot(of: name, by: id)
      secretWriters[slot] = id
      heldOutputs.insert(slot)
      lostOutputs[slot] = nil
      update(id) { $0.outputsSet.insert(name) }
    case .outputLost(let id, let name, let problem):
      lostOutputs[slot(of: name, by: id)] = problem
    case .outputUnreadable(let id, let name, let problem):
      update(id) { $0.outputFailure = .output(name, problem) }
    case .taskEnded(let id, let outcome):
      if case .failed = outcome { isTriedAgain = false }
      ends += 1
      let order = ends
      let wasCancelled = cancelledBy != nil && !outcome.isGood
      update(id) {
        $0.phase = .ended(outcome)
        $0.endOrder = order
        $0.endedAt = time
        $0.wasCancelled = wasCancelled
      }
      inFlight.subtract(tasks[id]?.attempts ?? [])
    case .rollbackTaskEnded(let id, let outcome):
      update(id) { $0.undo = .ended(outcome) }
    case .doubtRaised(let id, let doubt):
      raise(doubt, of: id, at: time)
    case .rechecked(let id, let end, let answers):
      toRecheck.remove(id)
      if end.verdict != .complete { drifted[id] = answers }
    case .confirmed(let id, let by):
      update(id) { $0.confirmedBy = by }
    case .denied(let id, let by):
      denied = (id, by)
    case .doubtSettled(let id, let decision, let by):
      settle(id, decision, by: by, at: time)
    case .taskReopened(let id, _):
      reopen(id)
    case .driftIgnored:
      isDriftIgnored = true
    case .adopted(let adoption):
      adopt(adoption)
    }
  }

  mutating func replacePlan(_ plan: Plan, _ binding: Binding) {
    self.plan = plan
    self.binding = binding
    index = PlanIndex(plan)
    cursors = [:]
  }

  private func slot(of output: String, by id: TaskID) -> OutputSlot {
    let isByHost = index.step(id.step)?.outputs.first { $0.name == output }?.isByHost ?? false
    return OutputSlot(step: id.step, name: output, host: isByHost ? id.host : nil)
  }

  mutating func update(_ id: TaskID, _ change: (inout TaskState) -> Void) {
    func isInDoubt(_ task: inout TaskState) -> Bool {
      change(&task)
      return task.doubt != nil
    }
    if isInDoubt(&tasks[id, default: TaskState(id)]) {
      perhapsInDoubt.insert(id)
    } else if !perhapsInDoubt.isEmpty {
      perhapsInDoubt.remove(id)
    }
  }

  /// A new owner has no connection, and asks again what only looks.
  private mutating func takeOver() {
    // A cancel that its owner did not live to see through comes to its end first.
    if outcome != nil {
      cancelledBy = nil
      isTriedAgain = true
      steps = steps.filter { $0.value.failure == nil }
      reopenRollbacks()
    }
    denied = nil
    lockedHosts = []
    unlockedHosts = []
    refusedLocks = [:]
    cursors = [:]
    outcome = nil
    endedAt = nil
    stopReason = nil
    isDriftIgnored = false
    heldOutputs = []
    lostOutputs = [:]
    drifted = [:]
    for host in hosts.keys { hosts[host]?.connection = .none }
    guard let now = ownerSince else { return }
    for (id, task) in tasks {
      if task.phase == .inDoubt(.unreachable), let key = task.attempts.last {
        update(id) { $0.phase = .inFlight }
        inFlight.insert(key)
        continue
      }
      if case .inDoubt(let doubt) = task.phase, hasChecks(id) {
        tasks[id]?.phase = .polling(since: now, .settling(doubt))
        tasks[id]?.lastPoll = nil
      }
      if case .polling(_, let polling) = task.phase {
        tasks[id]?.phase = .polling(since: now, polling)
        tasks[id]?.lastPoll = nil
      }
      takeOverUndo(of: id, task, at: now)
    }
    toRecheck = lastingTasks()
  }
}
