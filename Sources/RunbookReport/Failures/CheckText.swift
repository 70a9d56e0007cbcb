import RunbookCore

/// The lines that tell of a check: what was asked, what was found, what to do.
struct CheckText {
  let state: RunState
  /// Where the place of a line and the remarks on an answer begin.
  static let remarkColumn = 60

  func lines(_ check: Check, _ answer: ProbeAnswer?, of task: TaskState) -> [Line] {
    guard let step = state.index.step(task.id.step) else { return [] }
    var lines = [
      Self.line("asked", (check.isNegated ? "not " : "") + asked(check), remark: check.origin.place)
    ]
    if let answer {
      lines.append(
        Self.line("found", found(answer), remark: "(" + remarks(answer, task) + ")"))
    }
    if let remedy = check.remedy {
      lines.append(
        Self.line("do", state.text(remedy, for: task.id, environment: step.environment)))
    }
    return lines
  }

  /// `    asked   findmnt …        runbooks/parts/precheck.runbook:14`
  static func line(_ label: String, _ text: String, remark: String = "") -> Line {
    var line = Line("    ")
    line.append(label, .quiet)
    line.pad(to: 12, gap: 2)
    line.append(text)
    if !remark.isEmpty {
      line.pad(to: remarkColumn, gap: 3)
      line.append(remark, .quiet)
    }
    return line
  }

  /// The check without the marks of code; a `not` before it is added by the caller where it is not
  /// part of the text.
  private func asked(_ check: Check) -> String {
    var text = check.text.filter { $0 != "`" }
    if check.isNegated, text.hasPrefix("not ") { text.removeFirst(4) }
    return text
  }

  private func found(_ answer: ProbeAnswer) -> String {
    for bytes in [answer.text, answer.errorText] {
      let (line, hasMore) = Printable.firstLine(bytes)
      if !line.isEmpty { return Printable.head(of: line, width: 300) + (hasMore ? " …" : "") }
    }
    return "nothing was printed"
  }

  /// `exit status 0, 0.1s, asked 3 times in 10s`
  private func remarks(_ answer: ProbeAnswer, _ task: TaskState) -> String {
    var parts = [
      answer.timedOut ? "no answer in time" : FailureWords.statusText(answer.status)
    ]
    if let duration = answer.duration { parts.append(DurationText.of(duration)) }
    if task.pollCount > 0, let last = task.lastPollAt, let key = task.attempts.last,
      let began = state.attempts[key]?.endedAt, answer.stage == .check
    {
      let span = last.milliseconds - began.milliseconds
      parts.append("asked \(task.pollCount + 1) times in \(DurationText.elapsed(span + 500))")
    }
    return parts.joined(separator: ", ")
  }
}

extension Origin {
  /// `runbooks/hello.runbook:14`
  package var place: String { "\(file):\(line)" }
}
