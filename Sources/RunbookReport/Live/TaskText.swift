import RunbookCore

/// What one task is at, in a few words.
struct TaskText {
  let state: RunState
  let fleeting: Fleeting
  let now: Timestamp

  init(_ state: RunState, _ fleeting: Fleeting, now: Timestamp) {
    self.state = state
    self.fleeting = fleeting
    self.now = now
  }

  /// Beside the name of a step that has one task: `12s of ~40s`, `by root@install-01`.
  func progress(of task: TaskState, _ step: Step) -> String {
    switch state.shown(task) {
    case .running:
      let elapsed = DurationText.elapsed(state.length(of: task, now: now) ?? 0)
      guard let expected = fleeting.expected[step.path], expected >= 2000 else { return elapsed }
      return elapsed + " of ~" + DurationText.elapsed(expected)
    case .done:
      if let by = task.confirmedBy { return "by " + by }
      return state.length(of: task, now: now).map(DurationText.of) ?? ""
    case .failed: return state.length(of: task, now: now).map(DurationText.of) ?? ""
    case .satisfied: return "was so already"
    case .inDoubt: return "can't know whether it ran to its end"
    case .unwatched: return "begun; nobody watches it now"
    case .waiting, .rolledBack, .leftOut, .toCome: return ""
    }
  }

  /// On a line of its own under the step, while it runs.
  func detail(of task: TaskState, _ step: Step) -> String? {
    guard state.shown(task) == .running else { return nil }
    switch task.phase {
    case .polling(_, .accepted): return "asks its outputs"
    case .polling(let since, let polling): return asking(task, step, since: since, polling)
    case .pausing(let until, _):
      let wait = DurationText.elapsed(until.milliseconds - now.milliseconds + 999)
      return "attempt \(task.attemptsInSeries) failed; the next one in \(wait)"
    case .toCome, .inFlight, .inDoubt, .ended:
      if let line = fleeting.lastLines[task.id] { return line }
      return task.attemptsInSeries > 1 ? "attempt \(task.attemptsInSeries)" : nil
    }
  }

  /// `asks findmnt … says "xfs", 3 times so far, until 22:10:05 (9s): ext4`
  private func asking(
    _ task: TaskState, _ step: Step, since: Timestamp, _ polling: TaskState.Polling
  ) -> String {
    var position = 0
    if case .afterAction(let check) = polling { position = check }
    if case .checkFailed(let check)? = task.lastPoll?.verdict { position = check }
    guard position < step.checks.count else { return "asks its checks" }
    let check = step.checks[position]
    let within = state.amount(check.within, environment: step.environment) ?? 0
    let left = since.milliseconds + within - now.milliseconds
    var text = "asks " + check.text
    if task.pollCount > 0 { text += ", \(task.pollCount + 1) times" }
    if left > 0 { text += ", for \(DurationText.elapsed(left + 999)) more" }
    let answer = task.lastAnswers.last { $0.stage == .check && $0.index == position }
    if let said = answer.map({ Printable.firstLine($0.text).text }), !said.isEmpty {
      text += ": " + said
    }
    return text
  }
}

/// The hosts that are not connected, folded where the same is to be said of them.
struct ConnectionLines {
  private(set) var lines: [Line] = []

  init(_ state: RunState, _ fleeting: Fleeting, now: Timestamp) {
    var fresh: [String] = []
    var failing: [String: [(host: String, known: Fleeting.Connecting)]] = [:]
    for (host, connecting) in fleeting.connecting {
      let name = Words.host(host)
      if let reason = connecting.reason {
        failing[state.withoutPlace(reason, of: host), default: []].append((name, connecting))
      } else if now.milliseconds - connecting.since.milliseconds >= 300 {
        fresh.append(name)
      }
    }
    if !fresh.isEmpty {
      lines.append(Line("connecting to " + Words.list(fresh.sorted()), .quiet))
    }
    for (reason, hosts) in failing.sorted(by: { $0.key < $1.key }) {
      let names = Words.list(hosts.map(\.host).sorted(), most: 4)
      func left(_ time: Timestamp?) -> String? {
        guard let time, time > now else { return nil }
        return DurationText.elapsed(time.milliseconds - now.milliseconds + 999)
      }
      // What moves comes first: a narrow screen cuts the reason.
      var line = Line("no connection to \(names): ", .attention)
      line.append(
        left(hosts.compactMap(\.known.nextTry).min()).map { "next try in " + $0 } ?? "trying",
        .quiet)
      if let left = left(hosts.compactMap(\.known.until).min()) {
        line.append(", given up in " + left, .quiet)
      }
      line.append("; " + reason)
      lines.append(line)
    }
  }
}
