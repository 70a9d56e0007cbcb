/// How a task goes from to come to its end.
extension Scheduler {
  mutating func run(_ id: TaskID, _ step: Step, mayStart: Bool) -> Progress {
    guard let task = state.tasks[id] else { return .idle }
    switch task.phase {
    case .ended(let outcome):
      return outcome.isGood ? .ended : .failed
    case .toCome:
      return mayStart && !isHeld ? begin(id, step) : .idle
    case .inFlight:
      return follow(id, step, task)
    case .polling(let since, let polling):
      return poll(id, step, task, since: since, polling)
    case .pausing(let until, let failure):
      guard state.cancelledBy == nil else { return end(id, .failed(.cancelled)) }
      guard !isUndoing else { return end(id, .failed(failure)) }
      // It has begun, so it is no branch that another one's failure keeps from beginning.
      guard !isBarred else { return .active }
      guard now >= until else {
        wants.insert(.wake(until))
        return .active
      }
      return start(id, .forward)
    case .inDoubt:
      guard isRerunByItself(id), !isBarred, !isUndoing else { return .active }
      record(.doubtSettled(id, .rerun, by: DoubtDecision.runbook))
      return start(id, .forward)
    }
  }

  /// Whether `if interrupted rerun` decides a doubt. On a host that does not answer the action may
  /// still be at work. What is interrupted again and again while one engine drives the run is a
  /// person's matter: as many attempts as `retry` gives, at least two.
  func isRerunByItself(_ id: TaskID) -> Bool {
    guard let task = state.tasks[id], let step = state.index.step(id.step), step.rerunIfInterrupted,
      task.doubt != .unreachable, let since = state.ownerSince
    else { return false }
    let own = task.attempts.compactMap { state.attempts[$0] }
      .count { $0.attempt.purpose == .forward && $0.startedAt >= since }
    return own < max(2, retryPolicy(step).attempts)
  }

  private mutating func begin(_ id: TaskID, _ step: Step) -> Progress {
    for (position, check) in step.requires.enumerated() where isFalse(check, id, step) {
      return end(id, .failed(.require(position)))
    }
    for (position, check) in step.unless.enumerated() {
      guard case .expression(let expression) = check.subject else { continue }
      switch decide(expression, environment: step.environment, batch: id.batch) {
      case .success(let holds): if holds != check.isNegated { return end(id, .satisfied) }
      case .failure: return end(id, .failed(.unlessCannotTell(position)))
      }
    }
    guard step.needsHost else { return conclude(id, step) }
    return start(id, .forward)
  }

  /// Journals the intent of an attempt, once its host is connected.
  mutating func start(_ id: TaskID, _ purpose: Attempt.Purpose) -> Progress {
    guard isUp(id.host) else {
      if purpose == .forward, let reason = isGoneForGood(id) {
        return end(id, .failed(.unreachable(reason)))
      }
      return isGivenUp(id.host) ? .idle : .active
    }
    if let reason = state.hosts[id.host]?.lackOfSpace {
      switch purpose {
      case .forward: return end(id, .failed(.notStarted(reason)))
      case .rollback: return endUndo(id, .failed(.notStarted(reason)))
      }
    }
    switch recall(for: id) {
    case .done: break
    case .underway: return .active
    case .failed(let failure):
      switch purpose {
      case .forward: return end(id, .failed(failure))
      case .rollback: return endUndo(id, .failed(failure))
      }
    }
    let number = (state.tasks[id]?.attempts.count ?? 0) + 1
    let attempt = Attempt(key: state.nextAttemptKey, number: number, purpose: purpose)
    record(.attemptStarted(id, attempt))
    wants.insert(.attend(attempt.key))
    return .active
  }

  func isGivenUp(_ host: String?) -> Bool { state.hosts[host]?.isGivenUp ?? false }

  /// An attempt that is on its way, or has just come back.
  private mutating func follow(_ id: TaskID, _ step: Step, _ task: TaskState) -> Progress {
    guard let key = task.attempts.last, let attempt = state.attempts[key] else { return .active }
    guard let end = attempt.end else {
      guard !isUp(id.host), let reason = isGoneForGood(id) else { return attend(key, on: id.host) }
      if !step.changesHost { return self.end(id, .failed(.unreachable(reason))) }
      record(.doubtRaised(id, .unreachable))
      return .active
    }
    switch end.verdict {
    case .complete: return conclude(id, step)
    case .satisfied:
      if let failure = takeOutputs(id, step) { return fail(id, step, failure) }
      return self.end(id, .satisfied)
    case .requireFailed(let position): return self.end(id, .failed(.require(position)))
    case .unlessCannotTell(let position):
      return self.end(id, .failed(.unlessCannotTell(position)))
    case .actionFailed:
      if end.cancelled { return self.end(id, .failed(.cancelled)) }
      return fail(id, step, .action(status: end.status ?? -1, timedOut: end.timedOut))
    case .checkFailed(let position): return fail(id, step, .check(position))
    case .outputFailed(let position): return fail(id, step, outputFailure(step, position))
    case .notStarted(let reason): return self.end(id, .failed(.notStarted(reason)))
    case .alreadyClaimed, .interrupted:
      preconditionFailure("attempt \(key) came back as \(end.verdict): it is to be followed")
    }
  }

  mutating func attend(_ key: AttemptKey, on host: String?) -> Progress {
    guard let id = state.attempts[key]?.task, isUp(host) else { return .active }
    // What it prints has to be masked; without the value the rest of it is withheld.
    if recall(for: id) != .underway { wants.insert(.attend(key)) }
    return .active
  }

  private mutating func poll(
    _ id: TaskID, _ step: Step, _ task: TaskState, since: Timestamp, _ polling: TaskState.Polling
  ) -> Progress {
    // What is undone whatever it is answered need not be asked; only a doubt has to be resolved.
    switch polling {
    case .afterAction where isUndoing, .interrupted where isUndoing:
      return end(id, .failed(.cancelled))
    case .afterAction, .interrupted, .settling, .accepted: break
    }
    if case .accepted(let by, let doubt) = polling {
      return takeAsDone(id, step, task, by: by, doubt)
    }
    let position: Int
    if case .checkFailed(let failed)? = task.lastPoll?.verdict {
      position = failed
    } else if case .afterAction(let failed) = polling {
      position = failed
    } else {
      position = 0
    }
    var isSettling = false
    var isAtOnce = true
    switch polling {
    case .settling: isSettling = true
    case .interrupted, .accepted: break
    case .afterAction: isAtOnce = false
    }
    if let last = task.lastPoll {
      switch last.verdict {
      case .complete:
        guard isSettling else { return conclude(id, step) }
        if let failure = takeOutputs(id, step) { return fail(id, step, failure) }
        // What it printed may be a part only: no value that the engine may guess.
        if lacksOutput(id, step) { break }
        return end(id, .doneByCheck)
      case .outputFailed(let output):
        return fail(id, step, outputFailure(step, output))
      case .checkFailed, .requireFailed, .unlessCannotTell, .satisfied, .actionFailed, .notStarted,
        .alreadyClaimed, .interrupted:
        break
      }
    }
    if case .settling(let doubt) = polling, task.lastPoll?.verdict == .complete {
      record(.doubtRaised(id, doubt))
      return .active
    }
    let due: Timestamp
    switch nextAsking(
      of: step.checks, at: position, step.environment, task, answers: task.lastAnswers,
      since: since, atOnce: isAtOnce)
    {
    case .at(let time): due = time
    case .over:
      switch polling {
      case .afterAction, .interrupted: return fail(id, step, .check(position))
      case .settling(let doubt), .accepted(_, let doubt):
        record(.doubtRaised(id, doubt))
        return .active
      }
    }
    if now < due {
      wants.insert(.wake(due))
    } else if isUp(id.host) {
      if recall(for: id) != .underway { wants.insert(.poll(id)) }
    } else if let reason = isGoneForGood(id) {
      switch polling {
      case .afterAction, .interrupted: return end(id, .failed(.unreachable(reason)))
      case .settling(let doubt), .accepted(_, let doubt): record(.doubtRaised(id, doubt))
      }
    }
    return .active
  }

  enum Asking {
    case at(Timestamp)
    case over
  }

  /// When a polled check is asked next; at least once after `since`, and once at the very end.
  func nextAsking(
    of checks: [Check], at position: Int, _ environment: Int, _ task: TaskState,
    answers: [ProbeAnswer], since: Timestamp, atOnce: Bool
  ) -> Asking {
    let check = position < checks.count ? checks[position] : nil
    let within = state.amount(check?.within, environment: environment) ?? 0
    let every = max(50, state.amount(check?.every, environment: environment) ?? 1000)
    let deadline = since + within
    // It took all the time that there is: another one would take as long once again.
    let wasLate = answers.contains {
      $0.timedOut && $0.index == position && $0.stage == .check
    }
    guard let last = task.lastPollAt, last >= since, task.lastPoll != nil else {
      if atOnce { return .at(since) }
      return wasLate ? .over : .at(min(since + every, deadline))
    }
    return last >= deadline || wasLate && now >= deadline
      ? .over : .at(min(last + every, deadline))
  }

  /// Everything asked of the host holds: outputs, expressions and the person remain.
  private mutating func conclude(_ id: TaskID, _ step: Step) -> Progress {
    if let failure = takeOutputs(id, step) ?? state.tasks[id]?.outputFailure {
      return fail(id, step, failure)
    }
    if let key = missingOwnOutput(id, step) {
      wants.insert(.readOutput(key))
      return .active
    }
    for (position, check) in step.checks.enumerated() where isFalse(check, id, step) {
      return fail(id, step, .check(position))
    }
    if case .confirm? = step.action, state.tasks[id]?.confirmedBy == nil {
      if state.denied == nil { wants.insert(.ask(id)) }
      return .idle
    }
    return end(id, .done)
  }

  /// Another attempt where `retry` has one left, else the end.
  private mutating func fail(_ id: TaskID, _ step: Step, _ failure: Failure) -> Progress {
    let policy = retryPolicy(step)
    if state.cancelledBy == nil, !isUndoing,
      let pause = policy.pause(after: state.tasks[id]?.attemptsInSeries ?? 1)
    {
      record(.retryScheduled(id, at: now + pause, after: failure))
      return .active
    }
    return end(id, .failed(failure))
  }

  private func retryPolicy(_ step: Step) -> RetryPolicy {
    guard let retry = step.retry else { return .once }
    return RetryPolicy(
      attempts: state.amount(retry.attempts, environment: step.environment) ?? 1,
      pause: state.amount(retry.every, environment: step.environment) ?? 0,
      longestPause: state.amount(retry.upTo, environment: step.environment))
  }

  mutating func end(_ id: TaskID, _ outcome: TaskOutcome) -> Progress {
    record(.taskEnded(id, outcome))
    return outcome.isGood ? .ended : .failed
  }

  private func isFalse(_ check: Check, _ id: TaskID, _ step: Step) -> Bool {
    guard case .expression(let expression) = check.subject else { return false }
    let value = state.evaluate(expression, environment: step.environment, batch: id.batch)
    return value != .bool(!check.isNegated)
  }
}

extension Step {
  /// False for a step that the engine can decide by itself.
  package var needsHost: Bool {
    changesHost || (requires + unless + checks).contains(where: \.isAskedOnHost)
      || outputs.contains { $0.source != nil }
  }
}
