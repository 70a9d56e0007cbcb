import RunbookCore

/// Attempts in flight: sent, followed, recovered, fetched.
extension RunDriver {
  func act(on wants: Set<Want>, _ group: inout DiscardingTaskGroup) {
    for want in wants {
      switch want {
      case .connect(let host): connect(host, &group)
      case .attend(let key): attend(key)
      case .poll(let id): ask(.poll(id))
      case .recheck(let id): ask(.recheck(id))
      case .recall(let id): ask(.recall(id))
      case .lock(let host): ask(.lock(host))
      case .unlock(let host): ask(.unlock(host))
      case .readOutput(let key): read(key, &group)
      case .ask(let id):
        if let by = options.confirmsAll { mailbox.put(.command(.confirm(id, by: by))) }
      case .wake(let time): wake(at: time, &group)
      }
    }
    fresh = []
  }

  private func attend(_ key: AttemptKey) {
    guard attended[key] == nil, !refused.contains(key), let attempt = state.attempts[key],
      let link = links[attempt.task.host]
    else { return }
    if fresh.contains(key) {
      send(key, attempt, link)
    } else {
      attended[key] = Attendance(mode: .recovering, now: clock.now())
      look(key, asksAlive: true)
    }
  }

  func send(_ key: AttemptKey, _ attempt: AttemptState, _ link: Link) {
    guard isReadyToSend(key, attempt) else { return }
    guard let exchange = ExchangeBuilder(state, vault).exchange(for: attempt.task, attempt.attempt)
    else {
      return
    }
    attended[key] = Attendance(mode: .sent, now: clock.now())
    link.link.send(.exchange(exchange))
  }

  private func look(_ key: AttemptKey, asksAlive: Bool = false) {
    guard let attempt = state.attempts[key], let link = links[attempt.task.host] else { return }
    guard attended[key]?.isLooking == false else {
      attended[key]?.looksAgain = true
      return
    }
    attended[key]?.isLooking = true
    let isOver = attended[key]?.mode.isOver ?? false
    link.link.send(
      .look(
        Look(
          key: key, outputOffset: offset(attempt.output, isOver: isOver),
          errorOffset: offset(attempt.error, isOver: isOver),
          logOffset: attempt.logOffset, asksAlive: asksAlive)))
  }

  /// Looks at every attempt whose time has come.
  func lookAtAttempts() {
    let now = clock.now()
    for (key, attendance) in attended where !attendance.isLooking && now >= attendance.nextLook {
      switch attendance.mode {
      case .bringing: break
      case .sent, .following, .draining, .drainingIntoDoubt: look(key)
      case .recovering, .waitingForGroup: look(key, asksAlive: true)
      }
    }
  }

  func take(_ report: HostReport, from host: String?) {
    switch report {
    case .pong: break
    case .lost(let reason): lost(host, reason)
    case .stale:
      isStale(host)
      lost(host, "it knows a newer owner of this run")
    case .notStarted(let key, let reason):
      ended(key, ExchangeEnd(verdict: .notStarted(reason)), hasOutput: false, hasLog: false)
    case .ended(let key, let end, let hasOutput, let hasLog):
      ended(key, end, hasOutput: hasOutput, hasLog: hasLog)
    case .looked(let sighting):
      if questions[sighting.key] != nil {
        answered(sighting)
      } else {
        looked(sighting)
      }
    }
  }

  private func ended(_ key: String, _ end: ExchangeEnd, hasOutput: Bool, hasLog: Bool) {
    if questions[key] != nil { return questionEnded(key, end, hasLog: hasLog) }
    guard attended[key] != nil, state.attempts[key]?.isInFlight ?? false else { return }
    if end.verdict == .alreadyClaimed {
      attended[key]?.mode = .recovering
      return look(key, asksAlive: true)
    }
    if !hasOutput, !hasLog { return close(key, end, mayLackOutput: false) }
    attended[key]?.mode = .draining(end, mayLackOutput: false)
    look(key)
  }

  func close(_ key: AttemptKey, _ end: ExchangeEnd, mayLackOutput: Bool) {
    attended[key] = nil
    forgetUpload(key)
    record(.exchangeEnded(key: key, end, mayLackOutput: mayLackOutput))
    finished[state.attempts[key]?.task.host, default: []].append(key)
  }

  private func looked(_ sighting: Sighting) {
    let key = sighting.key
    guard let attendance = attended[key], state.attempts[key]?.isInFlight ?? false else { return }
    attended[key]?.isLooking = false
    if attendance.looksAgain {
      // It was asked before something became known, such as the end: its sizes are older, and
      // nothing may be decided by them.
      attended[key]?.looksAgain = false
      _ = fetch(sighting, isOver: sighting.end != nil)
      effects.append { self.look(key, asksAlive: attendance.mode == .recovering) }
      return
    }
    let isGrown = fetch(sighting, isOver: attendance.mode.isOver || sighting.end != nil)
    guard let attempt = state.attempts[key] else { return }
    let isDrained =
      attempt.output.offset >= sighting.outputSize && attempt.error.offset >= sighting.errorSize
      && sighting.logOffset >= sighting.logSize
    pace(key, isGrown: isGrown)
    switch attendance.mode {
    case .draining(let end, let mayLackOutput):
      if isDrained {
        close(key, end, mayLackOutput: mayLackOutput)
      } else if isGrown {
        effects.append { self.look(key) }
      }
    case .drainingIntoDoubt(let doubt):
      if isDrained {
        attended[key] = nil
        record(.doubtRaised(attempt.task, doubt))
      } else if isGrown {
        effects.append { self.look(key) }
      }
    case .bringing: break
    case .sent, .following:
      if let end = sighting.end {
        drain(key, .draining(end, mayLackOutput: false), isDrained)
      } else if !sighting.wrapperIsAlive {
        attended[key]?.mode = .recovering
        look(key, asksAlive: true)
      } else if !isDrained, isGrown {
        effects.append { self.look(key) }
      }
    case .recovering, .waitingForGroup:
      recover(key, attempt, sighting, isDrained: isDrained)
    }
  }

  private func recover(
    _ key: AttemptKey, _ attempt: AttemptState, _ sighting: Sighting, isDrained: Bool
  ) {
    guard let link = links[attempt.task.host] else { return }
    let situation = Situation(
      sighting, attempt, directoryID: link.directoryID, hasAction: hasAction(attempt))
    switch Recovery.decide(situation).verdict {
    case .start:
      // A cancelled run begins nothing, and one that is undone nothing in order to undo it: a frame
      // of an earlier owner that is still on its way is refused by its epoch.
      let isUndone = attempt.attempt.purpose == .forward && state.isUndone(attempt.task)
      guard state.cancelledBy == nil, !isUndone else {
        let why = isUndone ? "undone before it started" : "cancelled before it started"
        return close(key, ExchangeEnd(verdict: .notStarted(why)), mayLackOutput: false)
      }
      // Looked at again: what bars it may pass.
      let isHeld =
        switch attempt.attempt.purpose {
        case .forward: isBarred
        case .rollback: !state.refusedLocks.isEmpty || !state.hostsToLock.isEmpty
        }
      guard !isHeld else {
        heldBack.insert(key)
        return
      }
      heldBack.remove(key)
      seal(key, ExchangeBuilder(state, vault).secrets(for: attempt.task))
      effects.append {
        if let attempt = self.state.attempts[key] { self.send(key, attempt, link) }
      }
    case .reattach:
      attended[key]?.mode = .following
      if state.cancelledBy != nil { effects.append { self.cancel(key) } }
    case .waitForGroup:
      guard attended[key]?.mode != .waitingForGroup else { return }
      attended[key]?.mode = .waitingForGroup
      if state.cancelledBy != nil { effects.append { self.cancel(key) } }
    case .takeEnd(let mayLackOutput):
      guard let end = sighting.end else { return }
      drain(key, .draining(end, mayLackOutput: mayLackOutput), isDrained)
    case .takeActionStatus(let mayLackOutput):
      guard let status = sighting.actionStatus else { return }
      let end = ExchangeEnd(
        verdict: status == 0 ? .interrupted : .actionFailed, status: status,
        outputSize: sighting.outputSize, errorSize: sighting.errorSize,
        logSize: sighting.logSize)
      drain(key, .draining(end, mayLackOutput: mayLackOutput), isDrained)
    case .doubt(let doubt):
      drain(key, .drainingIntoDoubt(doubt), isDrained)
    }
  }

  /// Has the action ended on its host; its end comes as that of any other.
  func cancel(_ key: AttemptKey) {
    if cancelUpload(key) { return }
    guard let task = state.attempts[key]?.task, let link = links[task.host] else { return }
    link.link.send(.cancel(key: key, graceSeconds: 10))
  }

  /// Fetches what is left before the end is taken.
  private func drain(_ key: AttemptKey, _ mode: Attendance.Mode, _ isDrained: Bool) {
    attended[key]?.mode = mode
    guard isDrained else {
      effects.append { self.look(key) }
      return
    }
    switch mode {
    case .draining(let end, let mayLackOutput): close(key, end, mayLackOutput: mayLackOutput)
    case .drainingIntoDoubt(let doubt):
      attended[key] = nil
      if let task = state.attempts[key]?.task { record(.doubtRaised(task, doubt)) }
    case .bringing, .sent, .recovering, .following, .waitingForGroup: break
    }
  }

  private func hasAction(_ attempt: AttemptState) -> Bool {
    guard attempt.attempt.purpose == .forward, let step = state.index.step(attempt.task.step) else {
      return true
    }
    switch step.action {
    case .run?, .write?, .stash?, .upload?: return true
    case .confirm?, nil: return false
    }
  }

  /// Looks more often while something comes.
  private func pace(_ key: AttemptKey, isGrown: Bool) {
    guard var attendance = attended[key] else { return }
    attendance.pause = isGrown ? 100 : min(1000, attendance.pause * 3 / 2)
    attendance.nextLook = clock.now() + attendance.pause
    attended[key] = attendance
  }
}
