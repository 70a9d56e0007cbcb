import RunbookCore

/// A run that is driven without a terminal: lines with a time, only ever added to.
package struct PlainLog: Sendable {
  package private(set) var state: RunState
  private let clock: ClockText
  private let commands: Commands
  /// Lines of each task's output that were told.
  private var told: [TaskID: Int] = [:]
  private var lastAsking: [TaskID: Timestamp] = [:]
  private var lastBringing: [TaskID: Timestamp] = [:]
  private var lastReason: [String?: String] = [:]
  /// Doubts that were told: a check that could not resolve one raises it again.
  private var toldDoubts: [TaskID: Doubt] = [:]
  /// What was told of each attempt's output that is not kept.
  private var toldSkips: [AttemptKey: (length: Int, reason: SkipReason, text: String)] = [:]

  /// Lines of one task's output; the rest is in `logs`.
  private static let mostLines = 20
  /// Milliseconds between two lines about a check that is polled.
  private static let askingPause = 10_000

  package init(state: RunState, clock: ClockText, commands: Commands) {
    self.state = state
    self.clock = clock
    self.commands = commands
  }

  /// Tasks of a step that ended alike in one commit: told in one line.
  private struct Ends {
    var instance: Instance
    var shown: ShownState
    /// Their hosts can't be reached: why was told when they were given up.
    var isAway: Bool
    var tasks: [TaskID]
    var time: Timestamp
  }

  /// Applies facts of one commit and tells what is worth a line.
  package mutating func take(_ facts: [Fact]) -> [Line] {
    var lines: [Line] = []
    var ended: [Ends] = []
    for fact in facts {
      state.apply(fact)
      if case .taskEnded(let id, let outcome) = fact.event {
        let shown: ShownState =
          outcome == .satisfied ? .satisfied : outcome.isGood ? .done : .failed
        var isAway = false
        if case .failed(.unreachable) = outcome { isAway = true }
        let known = ended.firstIndex {
          $0.instance == id.instance && $0.shown == shown && $0.isAway == isAway
        }
        if let known, shown != .failed || isAway {
          ended[known].tasks.append(id)
          ended[known].time = fact.time
        } else {
          ended.append(
            Ends(
              instance: id.instance, shown: shown, isAway: isAway, tasks: [id], time: fact.time))
        }
      } else if let line = line(of: fact) {
        lines += ended.map(told)
        ended = []
        lines.append(line)
      }
    }
    return lines + ended.map(told)
  }

  /// Bytes of an action's output, line by line up to a limit.
  package mutating func printed(_ id: TaskID, _ bytes: [UInt8], at now: Timestamp) -> [Line] {
    let known = told[id] ?? 0
    guard known <= Self.mostLines else { return [] }
    var lines: [Line] = []
    for text in bytes.split(separator: 0x0A).prefix(Self.mostLines + 1 - known) {
      told[id, default: 0] += 1
      let name = state.index.step(id.step)?.name ?? id.step
      let prefix = "    " + name + (id.host.map { "@" + $0 } ?? "") + " | "
      if told[id] == Self.mostLines + 1 {
        let command = commands.logs(state.runID, state.commandName(of: id))
        lines.append(stamped(Line(prefix + "… more in " + command, .quiet), now))
        break
      }
      var line = Line(prefix, .quiet)
      line.append(Printable.head(of: Printable.text(bytes: text.prefix(2000)), width: 400))
      lines.append(stamped(line, now))
    }
    return lines
  }

  package mutating func asking(_ id: TaskID, at now: Timestamp) -> [Line] {
    guard let task = state.tasks[id], let step = state.index.step(id.step) else { return [] }
    let last = lastAsking[id] ?? task.startedAt ?? now
    guard now.milliseconds - last.milliseconds >= Self.askingPause else { return [] }
    lastAsking[id] = now
    guard let words = TaskText(state, Fleeting(), now: now).detail(of: task, step) else {
      return []
    }
    return [stamped(Line("  \(id.step)\(Words.place([id.host])) \(words)", .quiet), now)]
  }

  /// How far an upload is, now and then; nothing of one that is soon done.
  package mutating func brought(
    _ id: TaskID, _ count: Int, of size: Int, at now: Timestamp
  ) -> [Line] {
    let last = lastBringing[id] ?? state.tasks[id]?.startedAt ?? now
    guard count < size, now.milliseconds - last.milliseconds >= Self.askingPause else { return [] }
    lastBringing[id] = now
    let text = Words.copying(count, of: size)
    return [stamped(Line("  \(id.step)\(Words.place([id.host])) \(text)", .quiet), now)]
  }

  package mutating func failedToConnect(
    to host: String?, reason: String, at now: Timestamp
  ) -> [Line] {
    guard lastReason.updateValue(reason, forKey: host) != reason else { return [] }
    return [stamped(Line("no connection to \(Words.host(host)): \(reason); trying again"), now)]
  }

  /// What a person is asked, for one who is there.
  package func question(_ id: TaskID, at now: Timestamp) -> [Line] {
    guard let text = state.questionText(id) else { return [] }
    var line = Line()
    line.append(ShownState.waiting.glyph)
    line.append(" \(id.step): ")
    line.append(text, .strong)
    line.append("  type y or n, then Enter", .strong)
    return [stamped(line, now)]
  }

  package func notice(_ text: String, at now: Timestamp) -> Line { stamped(Line(text), now) }

  private func told(_ group: Ends) -> Line {
    var line = Line()
    line.append(group.shown.glyph)
    line.append(" " + group.instance.path + Words.place(group.tasks.map(\.host)))
    let tasks = group.tasks.compactMap { state.tasks[$0] }
    if let longest = tasks.compactMap({ state.length(of: $0, now: group.time) }).max() {
      line.append(" " + DurationText.of(longest), .quiet)
    }
    if group.isAway {
      line.append(": " + (tasks.count == 1 ? "it" : "they") + " can't be reached")
    } else if case .failed(let failure)? = tasks.first?.outcome {
      line.append(": " + FailureWords.of(failure, tasks.first?.lastAnswers ?? []))
    } else if group.shown == .satisfied {
      line.append(", was so already", .quiet)
    }
    return stamped(line, group.time)
  }

  private mutating func line(of fact: Fact) -> Line? {
    var line = Line()
    func state(_ shown: ShownState, _ text: String) {
      line.append(shown.glyph)
      line.append(" " + text)
    }
    switch fact.event {
    case .runStarted(let run):
      line.append("run \(run.id) of \(run.runbook) begins, by \(run.operator)@\(run.machine)")
    case .ownerTook(let epoch, _, let name):
      guard epoch > 1 else { return nil }
      line.append("run \(self.state.runID) goes on, by \(name)")
    case .cancelRequested(let by): line.append("cancelled by \(by)")
    case .hostLost(let host, let reason):
      line.append("\(Words.host(host)): \(FailureWords.lost(reason)); what runs there goes on")
    case .hostGivenUp(let host, let reason, _):
      state(.failed, "\(Words.host(host)) can't be reached: \(reason)")
    case .hostGreeted(let host, _, _, _):
      guard lastReason.removeValue(forKey: host) != nil else { return nil }
      line.append("connected to \(Words.host(host))")
    case .scopeLeftOut(let instance), .stepLeftOut(let instance):
      state(.leftOut, "\(instance.path) is left out: its condition is false")
    case .stepStarted(let instance, let hosts):
      state(.running, instance.path + Words.place(hosts))
    case .stepFailed(let instance, let failure):
      state(.failed, "\(instance.path): \(FailureWords.of(failure))")
    case .rollbackStarted(let scope): state(.running, "rollback of \(name(scope)) begins")
    case .rollbackEnded(let scope, let succeeded):
      state(
        succeeded ? .rolledBack : .failed,
        "rollback of \(name(scope)) " + (succeeded ? "done" : "failed"))
    case .retryScheduled(let id, let at, let failure):
      let wait = DurationText.of(at.milliseconds - fact.time.milliseconds)
      line.append(
        "  \(id.step)\(Words.place([id.host])): "
          + FailureWords.of(failure, self.state.tasks[id]?.lastAnswers ?? [])
          + "; tried again in \(wait)"
      )
    case .rollbackTaskEnded(let id, let outcome):
      let place = id.step + Words.place([id.host])
      if case .failed(let failure) = outcome {
        let answers = self.state.tasks[id]?.undoAnswers ?? []
        state(.failed, "the rollback of \(place) failed: \(FailureWords.of(failure, answers))")
      } else {
        state(.rolledBack, "\(place) undone")
      }
    case .doubtRaised(let id, let doubt):
      guard toldDoubts.updateValue(doubt, forKey: id) != doubt else { return nil }
      state(
        .inDoubt,
        "\(id.step)\(Words.place([id.host])) is in doubt: \(FailureWords.of(doubt, host: id.host))")
    case .rechecked(let id, let end, _):
      guard end.verdict != .complete else { return nil }
      state(.failed, "\(id.step)\(Words.place([id.host])) was done and does not hold any more")
    case .confirmed(let id, let by): line.append("  \(id.step): confirmed by \(by)")
    case .denied(let id, let by): line.append("  \(id.step): denied by \(by)")
    case .doubtSettled(let id, let decision, let by):
      let words = decision == .accept ? "taken as done" : "to be started again"
      line.append("  \(id.step)\(Words.place([id.host])): \(words), by \(by)")
    case .taskReopened(let id, let by):
      line.append("  \(id.step)\(Words.place([id.host])): tried again, by \(by)")
    case .driftIgnored(let by): line.append("drift ignored by \(by)")
    case .adopted(let adoption): line.append("the edited runbook is adopted by \(adoption.by)")
    case .outputSkipped(let key, _, _, _, _, let reason):
      // A runaway output is told each time it has doubled.
      return skipped(key, reason, atLeast: 2 * (toldSkips[key]?.length ?? 0), fact.time)
    case .attemptStarted(let id, _):
      toldDoubts[id] = nil
      return nil
    case .exchangeEnded(let key, _, _):
      guard let told = toldSkips[key] else { return nil }
      return skipped(key, told.reason, atLeast: told.length, fact.time)
    case .ownerLeft, .runEnded, .taskEnded, .locksTaken, .hostLocked, .hostUnlocked,
      .hostLockRefused,
      .scopeEntered,
      .groupResolved, .batchesFixed, .fileFixed, .secretsSealed, .outputReceived,
      .probeAnswered, .polled, .outputSet, .outputHeld, .outputLost, .outputUnreadable:
      return nil
    }
    return stamped(line, fact.time)
  }

  /// What an attempt printed beyond what is kept, once it is at least so much.
  private mutating func skipped(
    _ key: AttemptKey, _ reason: SkipReason, atLeast least: Int, _ time: Timestamp
  ) -> Line? {
    guard let attempt = state.attempts[key] else { return nil }
    let length = attempt.output.skipped + attempt.error.skipped
    let text = Words.skipped(length, reason)
    guard length >= least, text != toldSkips[key]?.text else { return nil }
    toldSkips[key] = (length, reason, text)
    let place = attempt.task.step + Words.place([attempt.task.host])
    return stamped(Line("  \(place): \(text)"), time)
  }

  private func name(_ scope: Instance) -> String {
    scope.path.isEmpty ? "the runbook" : scope.path
  }

  private func stamped(_ line: Line, _ time: Timestamp) -> Line {
    var result = Line(clock.time(time) + "  ", .quiet)
    result.append(line)
    return result
  }
}
