import RunbookCore

/// Tasks whose outcome can't be known: what is known, what its check says, what to decide.
package struct DoubtText {
  private let state: RunState
  private let clock: ClockText
  private let commands: Commands
  /// Lines of output in the journal of each task in doubt, where they were counted.
  private let lineCounts: [TaskID: Int]

  package init(
    _ state: RunState, clock: ClockText, commands: Commands, lineCounts: [TaskID: Int] = [:]
  ) {
    self.state = state
    self.clock = clock
    self.commands = commands
    self.lineCounts = lineCounts
  }

  package var lines: [Line] {
    state.doubts.sorted { $0.task.description < $1.task.description }
      .flatMap { block($0.task, $0.doubt) }
  }

  private func block(_ id: TaskID, _ doubt: Doubt) -> [Line] {
    guard let task = state.tasks[id], let step = state.index.step(id.step) else { return [] }
    var head = Line()
    head.append(ShownState.inDoubt.glyph)
    var isRollback = false
    if case .inDoubt = task.undo { isRollback = true }
    head.append(
      " " + (isRollback ? "the rollback of " : "") + id.step + Words.place([id.host]), .strong)
    head.append(": can't know whether it ran to its end")
    var lines = [head, CheckText.line("known", known(task, doubt))]
    if !isRollback, let asked = asked(task, step) { lines.append(CheckText.line("asked", asked)) }
    let choices = choices(id, doubt, isRollback: isRollback)
      .map { (commands.resume(state.runID, $0.flags), $0.meaning) }
    let longest = 12 + (choices.map { Printable.width($0.0) }.max() ?? 0)
    for (position, (command, meaning)) in choices.enumerated() {
      var line = CheckText.line(position == 0 ? "decide" : "", command)
      line.pad(to: max(CheckText.remarkColumn, longest + 3))
      line.append(meaning, .quiet)
      lines.append(line)
    }
    return lines
  }

  /// What can be decided, by its flags, and what becomes of the task then.
  private func choices(
    _ id: TaskID, _ doubt: Doubt, isRollback: Bool
  ) -> [(flags: String, meaning: String)] {
    let name = state.commandName(of: id)
    var rerun = "start it again"
    var accept = "take it as done"
    if isRollback {
      (rerun, accept) = ("undo it again", "take it as undone")
    } else if state.isRollingBack(id) {
      // Nothing starts any more: whatever is decided, what it may have done is undone.
      (rerun, accept) = ("undo it, whether it ended or not", "take it as done, and undo it")
    }
    let decisions = [(" --rerun \(name)", rerun), (" --accept \(name)", accept)]
    return doubt == .unreachable
      ? [("", "look there again: best, when it answers")] + decisions : decisions
  }

  private func known(_ task: TaskState, _ doubt: Doubt) -> String {
    var parts: [String] = []
    if let key = task.attempts.last, let attempt = state.attempts[key] {
      parts.append("started " + clock.time(attempt.startedAt))
      parts.append(FailureWords.of(doubt, host: task.id.host))
      let command = commands.logs(state.runID, state.commandName(of: task.id))
      if let count = lineCounts[task.id], count > 0 {
        parts.append("\(Words.count(count, "line")) of output kept (\(command))")
      } else if attempt.output.kept + attempt.error.kept > 0 {
        let size = Words.size(attempt.output.kept + attempt.error.kept)
        parts.append("\(size) of output kept (\(command))")
      } else {
        parts.append("no output")
      }
    } else {
      parts.append(FailureWords.of(doubt, host: task.id.host))
    }
    return parts.joined(separator: ", ")
  }

  private func asked(_ task: TaskState, _ step: Step) -> String? {
    guard let answer = task.lastAnswers.last(where: { $0.stage == .check && $0.answer != .holds }),
      answer.index < step.checks.count
    else {
      return step.checks.isEmpty ? "it has no check that could tell" : unknownOutput(task, step)
    }
    let text = step.checks[answer.index].text.filter { $0 != "`" }
    return "its check (\(text)): "
      + (answer.answer == .cannotTell ? "can't tell" : "does not hold")
  }

  /// Its checks hold, and still nobody can know an output that its action was to print.
  private func unknownOutput(_ task: TaskState, _ step: Step) -> String? {
    let unknown = step.outputs.first {
      $0.defaultValue == nil && !task.outputsSet.contains($0.name)
    }
    guard let unknown, task.lastPoll?.verdict == .complete else { return nil }
    return "its check: holds; but what it printed, its output \(unknown.name), may be a part only"
  }
}
