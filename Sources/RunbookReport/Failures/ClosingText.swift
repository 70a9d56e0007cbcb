import RunbookCore

/// The last lines of a command that drove a run: how it stands, and the command that goes on.
package struct ClosingText {
  private let state: RunState
  private let clock: ClockText
  private let commands: Commands
  private let now: Timestamp
  /// What only the process knows: last lines of failed actions, lines kept of doubtful ones, what to
  /// do about hosts that can't be reached.
  package struct Evidence: Sendable {
    package var tails: [TaskID: [String]] = [:]
    /// The same of actions that were to undo something.
    package var undoTails: [TaskID: [String]] = [:]
    package var lineCounts: [TaskID: Int] = [:]
    package init() {}
  }
  private let evidence: Evidence

  package init(
    _ state: RunState, clock: ClockText, commands: Commands, now: Timestamp, evidence: Evidence
  ) {
    self.state = state
    self.clock = clock
    self.commands = commands
    self.now = now
    self.evidence = evidence
  }

  private var run: String { state.runID }
  private var resume: String { commands.resume(state.runID) }

  package func lines(ended outcome: RunOutcome) -> [Line] {
    lines(of: outcome) + LockText(state).lines
  }

  private func lines(of outcome: RunOutcome) -> [Line] {
    switch outcome {
    case .succeeded: return results + notUndone + [success]
    case .failed where state.isDeadEnd:
      let anew = Line("To begin anew:  ").ending(with: commands.beginAnew(state))
      guard state.hasSomethingToUndo else {
        return failures + notUndone + last("failed", "; what it changed is undone.", "") + anew
      }
      return failures + notUndone
        + last(
          "failed", "; what failed is undone, and nothing after it may begin. To undo the rest:  ",
          commands.rollback(run)) + anew
    case .failed:
      return failures + notUndone + last("stopped", ". When it is mended:  ", resume)
    case .cancelled:
      let by = state.cancelledBy.map { " by \($0)" } ?? ""
      return notUndone + last("was cancelled\(by)", ". To go on:  ", resume)
    case .rolledBack:
      let what =
        state.tasks.values.contains { $0.hasFailed && !$0.wasCancelled }
        ? "failed, and what it had changed is rolled back" : "is rolled back"
      return failures + notUndone
        + last(what, ". To begin anew:  ", commands.beginAnew(state))
    case .rollbackFailed:
      return failures + notUndone
        + last("stopped in its rollback", ". When it is mended:  ", resume)
    }
  }

  /// What the run found out.
  package var results: [Line] { ResultText(state: state).lines }

  /// What a rollback left as it was, in the runbook's words.
  private var notUndone: [Line] {
    let kept = state.notUndone
    if kept.isEmpty { return [] }
    let column = 4 + (kept.map { Printable.width($0.step) }.max() ?? 0)
    return ["Not undone, as the runbook says:"]
      + kept.map { step, reason in
        var line = Line("    ")
        line.append(step, .strong)
        line.pad(to: column)
        line.append("  " + reason)
        return line
      }
  }

  package func lines(stopped reason: StopReason) -> [Line] {
    switch reason {
    case .detached:
      let running = state.inFlight.count
      let words = running == 0 ? "" : "; \(Words.count(running, "action")) goes on without it"
      return failures
        + last(
          "detached", (running > 1 ? words.replacing("goes", with: "go") : words) + ". To go on:  ",
          resume)
    case .inDoubt:
      let count = state.doubts.count
      let place = state.isRollingBack ? " in its rollback" : ""
      var head = Line("Run \(run) stopped\(place) after \(length): ")
      head.append(count == 1 ? "one task is in doubt." : "\(count) tasks are in doubt.")
      return failures + [head]
        + DoubtText(state, clock: clock, commands: commands, lineCounts: evidence.lineCounts).lines
    case .waitingForPerson: return waiting
    case .denied:
      let by = state.denied.map { " by \($0.by)" } ?? ""
      let what = state.denied.map { $0.task.step + " was denied" } ?? "it was denied"
      return last("stopped", ": \(what)\(by). To be asked again:  ", resume)
    case .drifted: return drifted
    case .hostUnreachable(let hosts):
      return failures + UnreachableText(state: state).lines(hosts.map(entry))
        + last("stopped", goingOn(without: hosts), resume)
    case .stateUnusable(let reason):
      return last("stopped", ": \(reason). To go on:  ", resume)
    case .lockHeld(let host, let holder): return lines(lockedOn: host, holder: holder)
    case .superseded:
      return last("goes on in another process", ". To see it:  ", commands.show(run))
    }
  }

  /// A lock of the run is held on a host by another run, perhaps of another state file.
  private func lines(lockedOn host: String, holder: String) -> [Line] {
    var line = Line()
    line.append(ShownState.failed.glyph)
    line.append(" a lock of this run is held on \(host)", .strong)
    line.append(": " + holder)
    return [line] + last("stopped", ". When that has ended:  ", resume) + LockText(state).lines
  }

  /// Nothing more could be written; what happened until then is safe.
  ///
  /// - Parameter lead: when it can go on, such as `When the state can be written again`.
  package func lines(unrecorded lead: String) -> [Line] { last("stopped", ". \(lead):  ", resume) }

  /// The process that drove it died without a word.
  package var interrupted: [Line] {
    failures + last("was interrupted", ": its process died. To go on:  ", resume)
  }

  /// `✓ Option A : réinstallation complète · run 7f3c done in 41s: 12 steps on 3 hosts`
  private var success: Line {
    var line = Line()
    line.append(ShownState.done.glyph)
    line.append(" " + (state.plan.title ?? state.plan.name), .strong)
    line.append(" · run \(run) done in \(length): " + Words.count(state.index.steps.count, "step"))
    if state.hostCount > 0 { line.append(" on " + Words.count(state.hostCount, "host")) }
    return line
  }

  private var failures: [Line] {
    let lines = FailureText(
      state, commands: commands, tails: evidence.tails, undoTails: evidence.undoTails
    ).lines
    guard !lines.isEmpty else { return [] }
    return lines + (others.map { [$0] } ?? [])
  }

  /// `✓ the other 2 hosts; nothing was changed on any host`
  private var others: Line? {
    let failed = state.tasks.values.filter(\.hasFailed)
    let steps = Set(failed.map(\.id.instance))
    let siblings = state.tasks.values.filter {
      steps.contains($0.id.instance) && $0.undo == .none && $0.outcome?.isGood ?? false
    }
    let good = Set(siblings.map(\.id.host)).subtracting(failed.map(\.id.host)).count
    var line = Line()
    if good > 0 {
      line.append(ShownState.done.glyph)
      line.append(good == 1 ? " the other host" : " the other \(good) hosts")
    }
    if !state.hasTouchedHosts {
      if good > 0 { line.append("; ") }
      line.append("nothing was changed" + (state.hostCount > 0 ? " on any host" : ""))
      if !state.plan.reports.isEmpty { line.append(", apart from the report") }
    }
    return line.spans.isEmpty ? nil : line
  }

  /// What a run that is driven asks a person, and how it is answered from here.
  package var asked: [Line] {
    state.waiting.flatMap { id in
      let step = state.commandName(of: TaskID(id.step))
      return question(id) + [
        CheckText.line("yes", commands.approve(run, step)),
        CheckText.line("no", commands.deny(run, step)),
      ]
    }
  }

  private func question(_ id: TaskID) -> [Line] {
    guard let text = state.questionText(id) else { return [] }
    var line = Line()
    line.append(ShownState.waiting.glyph)
    line.append(" " + id.description, .strong)
    line.append(": " + text)
    return [line]
  }

  private var waiting: [Line] {
    let ids = state.waiting
    let name = ids.first.map { " --approve \($0.step)" } ?? ""
    return ids.flatMap(question)
      + last("waits for a person", ". To say yes:  ", commands.resume(run, name))
  }

  private var drifted: [Line] {
    var lines: [Line] = []
    for (id, answers) in state.drifted.sorted(by: { $0.key.description < $1.key.description }) {
      guard let task = state.tasks[id], let step = state.index.step(id.step) else { continue }
      var line = Line()
      line.append(ShownState.failed.glyph)
      line.append(" " + id.step + Words.place([id.host]), .strong)
      line.append(": it was done, and does not hold any more")
      lines.append(line)
      for answer in answers
      where answer.stage == .check && answer.answer != .holds && answer.index < step.checks.count {
        lines += CheckText(state: state).lines(step.checks[answer.index], answer, of: task)
      }
    }
    return lines + last("stopped", ". When it is mended:  ", resume)
      + last(
        "goes on all the same with", ":  ", commands.resume(run, " --ignore-drift"), isTimed: false)
  }

  private func entry(_ host: String?) -> UnreachableText.Entry {
    var reason = "no answer"
    if case .givenUp(let known)? = state.hosts[host]?.connection { reason = known }
    return UnreachableText.Entry(host: host, reason: reason, remedy: state.hosts[host]?.remedy)
  }

  /// A host that refuses will not come round by itself.
  private func goingOn(without hosts: [String?]) -> String {
    if hosts.contains(where: { state.hosts[$0]?.remedy != nil }) {
      return ". When that is mended:  "
    }
    return hosts.count == 1 ? ". When it answers:  " : ". When they answer:  "
  }

  /// `2.0s`; of a run that was resumed `8.6s (4.1s since the resume)`.
  private var length: String {
    let end = state.endedAt ?? state.lastEventAt ?? now
    func since(_ start: Timestamp?) -> String {
      DurationText.of(max(0, end.milliseconds - (start ?? now).milliseconds))
    }
    let whole = since(state.startedAt ?? state.ownerSince)
    return state.epoch > 1 ? whole + " (\(since(state.ownerSince)) since the resume)" : whole
  }

  /// `Run 7f3c stopped after 2s. When it is mended:  reprise resume 7f3c`; the command on a line of
  /// its own where a usual screen would break it.
  private func last(
    _ what: String, _ lead: String, _ command: String, isTimed: Bool = true
  ) -> [Line] {
    let line = Line("Run \(run) \(what)" + (isTimed ? " after \(length)" : "") + lead)
    return line.ending(with: command)
  }
}
