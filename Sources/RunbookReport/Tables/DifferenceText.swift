import RunbookCore

/// What an edited runbook would change of a run, step by step, before it is adopted.
package struct DifferenceText {
  private let difference: PlanDifference
  private let state: RunState
  private let after: PlanIndex
  private let commands: Commands
  /// Lines of a longer text that are shown.
  private static let mostLines = 12

  /// - Parameter plan: the edited one.
  package init(
    _ difference: PlanDifference, of state: RunState, to plan: Plan, commands: Commands
  ) {
    self.difference = difference
    self.state = state
    after = PlanIndex(plan)
    self.commands = commands
  }

  package var lines: [Line] {
    guard !difference.isEmpty else {
      return [Line("The runbook is the one that run \(state.runID) goes by: nothing to adopt.")]
    }
    var lines = [Line("The edited runbook, compared with the one that run \(state.runID) goes by:")]
    for step in difference.added {
      lines.append(
        head("+ added", step, isEarly(step) ? "steps after it have run: it is next" : ""))
    }
    for step in difference.removed { lines.append(head("- removed", step, standing(step))) }
    for names in difference.renamed {
      lines.append(head("= renamed", "\(names.old) is now \(names.new)", standing(names.old)))
    }
    for change in difference.changed {
      lines.append(head("~ changed", change.step, standing(change.step)))
      lines += change.parts.flatMap(part)
    }
    if !difference.around.isEmpty {
      lines.append(head("~ around", "the steps", ""))
      lines += difference.around.flatMap(part)
    }
    return lines
  }

  /// A step that ran and is not what it was: how a person decides.
  ///
  /// - Parameter wish: options that are given already: ` --adopt --accept other`.
  package func undecided(
    _ step: StepPath, _ tasks: [TaskID], isGone: Bool, wish: String
  ) -> [Line] {
    var line = Line()
    line.append(ShownState.inDoubt.glyph)
    line.append(" " + step + Words.place(tasks.map(\.host)), .strong)
    line.append(isGone ? " ran, and the edited runbook lacks it" : " ran before it was changed")
    var lines = [line]
    let name = state.commandName(of: TaskID(step))
    var choices = [
      ("--rerun", "start it again, as it is now"),
      ("--accept", "leave what it did; a rollback goes by the edited step"),
    ]
    if isGone { choices = [("--accept", "leave what it did; nothing will undo it")] }
    for (position, (flag, meaning)) in choices.enumerated() {
      var line = CheckText.line(
        position == 0 ? "decide" : "", commands.resume(state.runID, "\(wish) \(flag) \(name)"))
      line.pad(to: CheckText.remarkColumn, gap: 3)
      line.append(meaning, .quiet)
      lines.append(line)
    }
    return lines
  }

  private func head(_ what: String, _ step: String, _ note: String) -> Line {
    var line = Line("  " + what)
    line.pad(to: 14)
    line.append(step, .strong)
    if !note.isEmpty { line.append("  " + note, .quiet) }
    return line
  }

  /// Whether something that stands behind it in the edited runbook has run already.
  private func isEarly(_ step: StepPath) -> Bool {
    let order = after.steps.map(\.path)
    guard let position = order.firstIndex(of: step) else { return false }
    let later = Set(order[(position + 1)...])
    return state.tasks.values.contains { later.contains($0.id.step) && $0.outcome != nil }
  }

  /// `done on db-1 and db-2, failed on db-3`
  private func standing(_ step: StepPath) -> String {
    let tasks = state.tasks.values.filter { $0.id.step == step && state.shown($0) != .toCome }
    guard !tasks.isEmpty else { return "has not run" }
    var hosts: [String: [String?]] = [:]
    for task in tasks.sorted(by: { $0.id.description < $1.id.description }) {
      hosts[word(state.shown(task)), default: []].append(task.id.host)
    }
    return hosts.sorted { $0.key < $1.key }.map { $0 + Words.place($1) }.joined(separator: ", ")
  }

  private func word(_ shown: ShownState) -> String {
    switch shown {
    case .done: "done"
    case .satisfied: "satisfied"
    case .running, .unwatched: "at work"
    case .waiting: "waits for a person"
    case .inDoubt: "in doubt"
    case .failed: "failed"
    case .rolledBack: "rolled back"
    case .leftOut: "left out"
    case .toCome: "to come"
    }
  }

  private func part(_ part: PlanDifference.Part) -> [Line] {
    let texts = [part.before, part.after].compactMap { $0 }
    var line = Line("      " + part.name)
    if texts.allSatisfy({ !$0.contains("\n") && $0.count < 60 }) {
      line.pad(to: 20, gap: 2)
      line.append(part.before ?? "none", part.before == nil ? .quiet : nil)
      line.append(" → ")
      line.append(part.after ?? "none", part.after == nil ? .quiet : nil)
      return [line]
    }
    let old = part.before?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
    let new = part.after?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
    var lines = [line]
    let changes = new.difference(from: old)
    for change in changes.removals + changes.insertions {
      guard lines.count <= Self.mostLines else {
        lines.append(Line("        … \(changes.count) lines in all", .quiet))
        break
      }
      switch change {
      case .remove(_, let text, _): lines.append(Line("        - " + text))
      case .insert(_, let text, _): lines.append(Line("        + " + text))
      }
    }
    return lines
  }
}
