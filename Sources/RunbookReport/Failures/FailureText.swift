import RunbookCore

/// Everything that failed in a run: what was asked, what was found, what to do.
///
///     ✗ precheck/xfs on db-slave-01: the check does not hold
///         asked   findmnt -no FSTYPE /data   says "xfs"     runbooks/parts/precheck.runbook:14
///         found   ext4                                      (exit status 0, 0.1s)
///         do      mount the XFS volume
package struct FailureText {
  private let state: RunState
  /// The last lines that failed actions printed, where they are known.
  private let tails: [TaskID: [String]]
  private let commands: Commands
  /// More failures than these are only counted.
  private static let most = 12

  package init(_ state: RunState, commands: Commands, tails: [TaskID: [String]] = [:]) {
    self.state = state
    self.commands = commands
    self.tails = tails
  }

  package var lines: [Line] {
    var lines: [Line] = []
    let groups = groups()
    for group in groups.prefix(Self.most) { lines += block(group) }
    if groups.count > Self.most {
      lines.append(
        Line("and \(groups.count - Self.most) other failures: \(commands.history(state.runID))"))
    }
    for (step, failure) in stepFailures() {
      lines.append(headline(step.path, "", FailureWords.of(failure)))
      lines.append(CheckText.line("at", step.origin.place))
    }
    return lines
  }

  /// Tasks of one step that failed in the same way.
  private struct Group {
    var failure: Failure
    var answer: ProbeAnswer?
    var isRollback: Bool
    var tasks: [TaskState]
  }

  private struct Likeness: Hashable {
    var step: StepPath
    var failure: Failure
    var found: [UInt8]
    var tail: [String]
  }

  private func groups() -> [Group] {
    var order: [Likeness] = []
    var found: [Likeness: Group] = [:]
    let failed = state.tasks.values.filter { failure(of: $0) != nil }
      .sorted {
        ($0.endOrder ?? .max, $0.id.description) < ($1.endOrder ?? .max, $1.id.description)
      }
    for task in failed {
      guard let (failure, isRollback) = failure(of: task) else { continue }
      let answer = answer(to: failure, of: task)
      let likeness = Likeness(
        step: task.id.step, failure: failure,
        found: (answer?.text ?? []) + (answer?.errorText ?? []),
        tail: tails[task.id] ?? [])
      if found[likeness] == nil { order.append(likeness) }
      found[
        likeness,
        default: Group(failure: failure, answer: answer, isRollback: isRollback, tasks: [])
      ].tasks.append(task)
    }
    return order.compactMap { found[$0] }
  }

  private func failure(of task: TaskState) -> (Failure, isRollback: Bool)? {
    if case .ended(.failed(let failure)) = task.undo { return (failure, true) }
    if case .ended = task.undo { return nil }
    if case .ended(.failed(let failure)) = task.phase { return (failure, false) }
    return nil
  }

  private func answer(to failure: Failure, of task: TaskState) -> ProbeAnswer? {
    let (stage, position): (ProbeStage, Int)
    switch failure {
    case .require(let index): (stage, position) = (.require, index)
    case .unlessCannotTell(let index): (stage, position) = (.unless, index)
    case .check(let index): (stage, position) = (.check, index)
    case .action, .output, .notStarted, .group, .unreachable, .cancelled: return nil
    }
    return task.lastAnswers.last { $0.stage == stage && $0.index == position }
  }

  private func block(_ group: Group) -> [Line] {
    guard let task = group.tasks.first, let step = state.index.step(task.id.step) else { return [] }
    let hosts = group.tasks.map(\.id.host)
    let what = group.isRollback ? "the rollback of " + task.id.step : task.id.step
    var lines = [
      headline(what, Words.place(hosts), FailureWords.of(group.failure, answer: group.answer))
    ]
    switch group.failure {
    case .require(let position): lines += check(step.requires, position, group.answer, task)
    case .unlessCannotTell(let position): lines += check(step.unless, position, group.answer, task)
    case .check(let position):
      var checks = step.checks
      if group.isRollback, case .code(_, let own) = step.rollback { checks = own }
      lines += check(checks, position, group.answer, task)
    case .action: lines += action(task, step, isRollback: group.isRollback)
    case .output(let name, _):
      let origin = step.outputs.first { $0.name == name }?.origin ?? step.origin
      lines.append(CheckText.line("at", origin.place))
    case .notStarted, .group, .unreachable, .cancelled: break
    }
    return lines
  }

  private func check(
    _ checks: [Check], _ position: Int, _ answer: ProbeAnswer?, _ task: TaskState
  ) -> [Line] {
    guard position < checks.count else { return [] }
    return CheckText(state: state).lines(checks[position], answer, of: task)
  }

  private func action(_ task: TaskState, _ step: Step, isRollback: Bool) -> [Line] {
    var text = step.actionText
    var origin = step.actionOrigin
    if isRollback, case .code(let code, _) = step.rollback {
      (text, origin) = (code.firstLine, code.origin)
    }
    var lines = [CheckText.line("ran", text, remark: origin.place)]
    for (position, said) in (tails[task.id] ?? []).enumerated() {
      lines.append(CheckText.line(position == 0 ? "said" : "", said))
    }
    lines.append(
      CheckText.line("all", commands.logs(state.runID, state.commandName(of: task.id))))
    return lines
  }

  private func headline(_ what: String, _ place: String, _ why: String) -> Line {
    var line = Line()
    line.append(ShownState.failed.glyph)
    line.append(" " + what + place, .strong)
    line.append(": " + why)
    return line
  }

  private func stepFailures() -> [(Step, Failure)] {
    state.steps.compactMap { instance, known in
      guard let failure = known.failure, let step = state.index.step(instance.path) else {
        return nil
      }
      return (step, failure)
    }.sorted { $0.0.path < $1.0.path }
  }
}
