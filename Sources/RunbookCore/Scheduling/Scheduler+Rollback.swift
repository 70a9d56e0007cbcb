/// How a scope is undone: step by step in reverse of the order in which its tasks really ended.
extension Scheduler {
  /// Goes on with the rollback of a scope. Ends as `.failed`: the failure goes on outwards.
  mutating func undo(_ node: Int, _ scope: Instance) -> Progress {
    if settle(node, scope) == .active { return .active }
    for group in undoOrder(node, scope) {
      var results: Set<Progress> = []
      for id in group { results.insert(undo(id)) }
      if results.contains(.active) { return .active }
      if results.contains(.failed) {
        record(.rollbackEnded(scope, succeeded: false))
        return .failed
      }
      if results.contains(.idle) { return .idle }
    }
    record(.rollbackEnded(scope, succeeded: true))
    return .failed
  }

  /// Waits for what the scope still has underway; a doubt has to be resolved first.
  private mutating func settle(_ node: Int, _ scope: Instance) -> Progress {
    var isActive = false
    isUndoing = true
    defer { isUndoing = false }
    for id in tasks(in: node, scope) {
      guard let step = state.index.step(id.step), let task = state.tasks[id] else { continue }
      switch task.phase {
      case .toCome, .ended: continue
      // It may run twice, so it may be undone as it is.
      case .inDoubt(let doubt) where step.rerunIfInterrupted && doubt != .unreachable: continue
      case .inFlight, .polling, .pausing, .inDoubt:
        if run(id, step, mayStart: false) == .active { isActive = true }
      }
    }
    return isActive ? .active : .ended
  }

  /// The tasks to undo, those of one step together, the last to end first.
  private func undoOrder(_ node: Int, _ scope: Instance) -> [[TaskID]] {
    var ends: [Instance: Int] = [:]
    var groups: [Instance: [TaskID]] = [:]
    for id in tasks(in: node, scope) {
      guard let task = state.tasks[id], let step = state.index.step(id.step) else { continue }
      let onlyUndoes = step.action == nil && task.outcome?.isGood ?? false
      guard task.isTouched || onlyUndoes else { continue }
      switch step.rollback {
      case .notNeeded, .refused: continue
      case .code, .byAction: break
      }
      groups[id.instance, default: []].append(id)
      ends[id.instance] = max(ends[id.instance] ?? 0, task.endOrder ?? .max)
    }
    return groups.sorted { a, b in
      let (first, second) = (ends[a.key] ?? 0, ends[b.key] ?? 0)
      return first == second ? a.key.path > b.key.path : first > second
    }.map { $0.value.sorted { ($0.host ?? "") < ($1.host ?? "") } }
  }

  private func tasks(in node: Int, _ scope: Instance) -> [TaskID] {
    state.tasks.keys.filter { id in
      guard let step = state.index.node(of: id.step) else { return false }
      return state.index.contains(node, step) && id.batch.starts(with: scope.batch)
    }
  }

  private mutating func undo(_ id: TaskID) -> Progress {
    guard let task = state.tasks[id], let step = state.index.step(id.step) else { return .ended }
    switch task.undo {
    case .none:
      guard state.cancelledBy == nil else { return .idle }
      // Its locks first: another run may be at work on the same hosts since this one stopped.
      guard state.refusedLocks.isEmpty else { return .idle }
      return state.hostsToLock.isEmpty ? start(id, .rollback) : .active
    case .inDoubt: return .active
    case .ended(let outcome): return outcome.isGood ? .ended : .failed
    case .inFlight:
      guard let key = task.attempts.last, let attempt = state.attempts[key] else { return .active }
      guard let end = attempt.end else { return attend(key, on: id.host) }
      if case .complete = end.verdict { return endUndo(id, .done) }
      return endUndo(id, .failed(failure(of: end)))
    case .polling(let since, let position):
      return pollUndo(id, step, task, since: since, at: position, settling: nil)
    case .settling(let since, let doubt):
      var position = 0
      if case .checkFailed(let failed)? = task.lastPoll?.verdict { position = failed }
      return pollUndo(id, step, task, since: since, at: position, settling: doubt)
    }
  }

  /// Asks the checks of a rollback until they hold or their time is over. Where its outcome is in
  /// doubt they decide it, else a person does.
  private mutating func pollUndo(
    _ id: TaskID, _ step: Step, _ task: TaskState, since: Timestamp, at position: Int,
    settling doubt: Doubt?
  ) -> Progress {
    guard case .code(_, let checks) = step.rollback else { return endUndo(id, .done) }
    if case .complete? = task.lastPoll?.verdict {
      return endUndo(id, doubt == nil ? .done : .doneByCheck)
    }
    switch nextAsking(
      of: checks, at: position, step.environment, task, answers: task.undoAnswers,
      since: since, atOnce: true)
    {
    case .over:
      guard let doubt else { return endUndo(id, .failed(.check(position))) }
      record(.doubtRaised(id, doubt))
      return .active
    case .at(let due):
      if now < due {
        wants.insert(.wake(due))
      } else if isUp(id.host) {
        if recall(for: id) != .underway { wants.insert(.poll(id)) }
      }
      return .active
    }
  }

  mutating func endUndo(_ id: TaskID, _ outcome: TaskOutcome) -> Progress {
    record(.rollbackTaskEnded(id, outcome))
    return outcome.isGood ? .ended : .failed
  }

  private func failure(of end: ExchangeEnd) -> Failure {
    switch end.verdict {
    case .complete, .satisfied, .alreadyClaimed, .interrupted, .actionFailed:
      end.cancelled
        ? .cancelled : .action(status: end.status ?? -1, timedOut: end.timedOut)
    case .requireFailed(let position): .require(position)
    case .unlessCannotTell(let position): .unlessCannotTell(position)
    case .checkFailed(let position): .check(position)
    case .outputFailed: .output("output", "its code did not exit with 0")
    case .notStarted(let reason): .notStarted(reason)
    }
  }
}
