/// How attempts move a task on.
extension RunState {
  mutating func start(_ attempt: Attempt, of id: TaskID, at time: Timestamp) {
    var state = AttemptState(task: id, attempt: attempt, startedAt: time)
    let host = hosts[id.host]
    state.bootID = host?.bootID
    state.directoryID = host?.directoryID
    attempts[attempt.key] = state
    inFlight.insert(attempt.key)
    update(id) {
      $0.attempts.append(attempt.key)
      switch attempt.purpose {
      case .forward:
        $0.phase = .inFlight
        $0.attemptsInSeries += 1
        $0.outputsSet = []
        $0.outputFailure = nil
        $0.lastAnswers = []
        $0.pollCount = 0
        if $0.startedAt == nil { $0.startedAt = time }
      case .rollback:
        $0.undo = .inFlight
        $0.undoAnswers = []
      }
    }
  }

  mutating func received(
    _ key: AttemptKey, _ stream: OutputStream, generation: Int, offset: Int, length: Int,
    isKept: Bool
  ) {
    attempts[key]?[stream].generation = generation
    attempts[key]?[stream].offset = offset + length
    attempts[key]?[stream].followsGap = !isKept
    if isKept {
      attempts[key]?[stream].kept += length
    } else {
      attempts[key]?[stream].skipped += length
    }
  }

  mutating func answered(_ key: AttemptKey, _ answer: ProbeAnswer, logOffset: Int) {
    guard let attempt = attempts[key] else { return }
    attempts[key]?.answers.append(answer)
    attempts[key]?.logOffset = logOffset
    update(attempt.task) {
      switch attempt.attempt.purpose {
      case .forward: remember(answer, in: &$0.lastAnswers)
      case .rollback: remember(answer, in: &$0.undoAnswers)
      }
    }
  }

  /// The exchange is over: the answer decides what the task does next (see `consequences`).
  mutating func ended(
    _ key: AttemptKey, _ end: ExchangeEnd, mayLackOutput: Bool, at time: Timestamp
  ) {
    guard let attempt = attempts[key] else { return }
    attempts[key]?.end = end
    attempts[key]?.endedAt = time
    attempts[key]?.mayLackOutput = mayLackOutput
    inFlight.remove(key)
    let polled = polledCheck(end, of: attempt)
    let isInterrupted = end.wasInterrupted
    update(attempt.task) {
      switch attempt.attempt.purpose {
      case .forward:
        if end.status != nil { $0.isTouched = true }
        $0.lastPoll = nil
        if isInterrupted {
          $0.phase = .polling(since: time, .interrupted)
        } else if let polled {
          $0.phase = .polling(since: time, .afterAction(check: polled))
        }
      case .rollback:
        $0.lastPoll = nil
        if let position = isInterrupted ? 0 : polled {
          $0.undo = .polling(since: time, check: position)
        }
      }
    }
  }

  /// The check that failed, where it has a `within` and so is asked again until then.
  private func polledCheck(_ end: ExchangeEnd, of attempt: AttemptState) -> Int? {
    guard case .checkFailed(let position) = end.verdict,
      let step = index.step(attempt.task.step)
    else { return nil }
    let checks: [Check]
    switch attempt.attempt.purpose {
    case .forward: checks = step.checks
    case .rollback:
      guard case .code(_, let own) = step.rollback else { return nil }
      checks = own
    }
    return position < checks.count && checks[position].within != nil ? position : nil
  }

  mutating func polled(
    _ id: TaskID, _ end: ExchangeEnd, _ answers: [ProbeAnswer], at time: Timestamp
  ) {
    update(id) {
      for answer in answers {
        if case .none = $0.undo {
          remember(answer, in: &$0.lastAnswers)
        } else {
          remember(answer, in: &$0.undoAnswers)
        }
      }
      $0.pollCount += 1
      $0.lastPollAt = time
      $0.lastPoll = end
    }
  }

  mutating func raise(_ doubt: Doubt, of id: TaskID, at time: Timestamp) {
    guard let key = tasks[id]?.attempts.last, let attempt = attempts[key] else { return }
    inFlight.remove(key)
    let canSettle = hasChecks(id)
    let canSettleUndo = hasUndoChecks(id)
    update(id) {
      switch attempt.attempt.purpose {
      case .forward:
        $0.isTouched = true
        $0.lastPoll = nil
        $0.pollCount = 0
        if case .polling(_, .settling) = $0.phase {
          $0.phase = .inDoubt(doubt)
        } else if doubt == .unreachable {
          // No check can be asked there.
          $0.phase = .inDoubt(doubt)
        } else {
          $0.phase = canSettle ? .polling(since: time, .settling(doubt)) : .inDoubt(doubt)
        }
      case .rollback:
        $0.lastPoll = nil
        $0.pollCount = 0
        if case .settling = $0.undo {
          $0.undo = .inDoubt(doubt)
        } else {
          $0.undo = canSettleUndo ? .settling(since: time, doubt) : .inDoubt(doubt)
        }
      }
    }
  }

  mutating func settle(_ id: TaskID, _ decision: DoubtDecision, by: String, at time: Timestamp) {
    inFlight.subtract(tasks[id]?.attempts ?? [])
    update(id) {
      switch $0.undo {
      case .inDoubt, .settling:
        $0.undo = decision == .accept ? .ended(.accepted(by: by)) : .none
        return
      case .none, .inFlight, .polling, .ended: break
      }
      $0.lastPoll = nil
      switch (decision, $0.phase) {
      case (.rerun, _):
        $0.phase = .toCome
        // `retry` counts all attempts that the runbook asks for.
        if by != DoubtDecision.runbook { $0.attemptsInSeries = 0 }
      case (.accept, .inDoubt(let doubt)), (.accept, .polling(_, .settling(let doubt))):
        $0.phase = .polling(since: time, .accepted(by: by, doubt))
        $0.outputFailure = nil
      // It was in doubt as long as its host did not answer.
      case (.accept, .inFlight): $0.phase = .polling(since: time, .accepted(by: by, .unreachable))
      case (.accept, _): break
      }
    }
  }

  /// Tasks that ended well, whose effect stands, and that have a lasting check.
  func lastingTasks() -> Set<TaskID> {
    var result: Set<TaskID> = []
    for (id, task) in tasks where task.outcome?.isGood ?? false {
      guard case .none = task.undo, !isUndone(id), let step = index.step(id.step) else { continue }
      if step.checks.contains(where: { $0.isLasting && $0.isAskedOnHost }) { result.insert(id) }
    }
    return result
  }
}

private func remember(_ answer: ProbeAnswer, in answers: inout [ProbeAnswer]) {
  answers.removeAll { $0.stage == answer.stage && $0.index == answer.index }
  answers.append(answer)
}

extension Check {
  /// False for an expression, which the engine decides by itself.
  package var isAskedOnHost: Bool {
    if case .expression = subject { return false }
    return true
  }
}

extension RunState {
  /// Tasks whose outcome waits for a person.
  package var doubts: [(task: TaskID, doubt: Doubt)] {
    perhapsInDoubt.compactMap { id in
      tasks[id]?.doubt.map { (id, $0) }
    }
  }

  /// Whether a rollback of a scope around the task began; a scope outside a batch has all of them.
  package func isUndone(_ id: TaskID) -> Bool {
    guard !rollbacks.isEmpty else { return false }
    var node = index.node(of: id.step)
    while let scope = node {
      for depth in 0...id.batch.count {
        let instance = Instance(index[scope].name, batch: Array(id.batch.prefix(depth)))
        if rollbacks[instance] != nil { return true }
      }
      node = index[scope].parent
    }
    return false
  }

  /// It failed, and a resume would find nothing to try again: what failed is undone, and nothing that
  /// comes after it may begin. Only the rest of it can still be undone.
  package var isDeadEnd: Bool {
    outcome == .failed && reopenable.isEmpty && steps.values.allSatisfy { $0.failure == nil }
      && !rollbacks.values.contains(.failed)
  }

  /// Failed tasks that the operator's resume tries again: those whose scopes are not undone, and
  /// what was cancelled anywhere.
  package var reopenable: [TaskID] {
    tasks.values.filter { task in
      guard task.hasFailed, case .none = task.undo, !isUndone(task.id),
        index.step(task.id.step) != nil
      else { return false }
      if task.wasCancelled { return true }
      var node = index.node(of: task.id.step)
      while let id = node {
        if case .sequence(.rollback, _, _) = index[id].kind { return false }
        if case .firstOf = index[id].kind { return false }
        node = index[id].parent
      }
      return true
    }.map(\.id).sorted { $0.description < $1.description }
  }
}
