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
  /// The same of actions that were to undo something.
  private let undoTails: [TaskID: [String]]
  private let commands: Commands
  /// More failures than these are only counted.
  private static let most = 12

  package init(
    _ state: RunState, commands: Commands, tails: [TaskID: [String]] = [:],
    undoTails: [TaskID: [String]] = [:]
  ) {
    self.state = state
    self.commands = commands
    self.tails = tails
    self.undoTails = undoTails
  }

  package var lines: [Line] {
    var lines: [Line] = []
    let groups = groups()
    for group in groups.prefix(Self.most) { lines += block(group) }
    if groups.count > Self.most {
      let count = Words.count(groups.count - Self.most, "other failure")
      lines.append(Line("and \(count): \(commands.history(state.runID))"))
    }
    lines += UnreachableText(state: state).lines(unreachable())
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
    var isRollback: Bool
    var found: [UInt8]
    /// With the values of its host: hosts that are mended in different ways are not alike.
    var remedy: String
    var tail: [String]
  }

  private func groups() -> [Group] {
    var order: [Likeness] = []
    var found: [Likeness: Group] = [:]
    // Steps as they failed, the hosts of each as the inventory has them.
    var ends: [Instance: Int] = [:]
    for task in state.tasks.values where task.hasFailed {
      ends[task.id.instance] = min(ends[task.id.instance] ?? .max, task.endOrder ?? .max)
    }
    let ended = state.inInventoryOrder(Array(state.tasks.values), by: \.id.host).enumerated()
      .sorted { a, b in
        let (first, second) = (
          ends[a.element.id.instance] ?? .max, ends[b.element.id.instance] ?? .max
        )
        return first == second ? a.offset < b.offset : first < second
      }.map(\.element)
    // What failed first, then what could not be undone.
    for isRollback in [false, true] {
      for task in ended {
        guard let failure = failure(of: task, isRollback: isRollback) else { continue }
        if case .unreachable = failure { continue }
        let answer = failure.answer(among: isRollback ? task.undoAnswers : task.lastAnswers)
        let likeness = Likeness(
          step: task.id.step, failure: failure, isRollback: isRollback,
          found: (answer?.text ?? []) + (answer?.errorText ?? []),
          remedy: remedy(of: failure, task, isRollback: isRollback),
          tail: (isRollback ? undoTails : tails)[task.id] ?? [])
        if found[likeness] == nil { order.append(likeness) }
        found[
          likeness,
          default: Group(failure: failure, answer: answer, isRollback: isRollback, tasks: [])
        ].tasks.append(task)
      }
    }
    return order.compactMap { found[$0] }
  }

  /// Why it failed; what was undone afterwards failed all the same.
  private func failure(of task: TaskState, isRollback: Bool) -> Failure? {
    if isRollback {
      guard case .ended(.failed(let failure)) = task.undo else { return nil }
      return failure
    }
    guard case .ended(.failed(let failure)) = task.phase, !isTakenOver(task.id) else { return nil }
    return failure
  }

  /// It failed in an alternative, and a later one has begun and not failed.
  private func isTakenOver(_ id: TaskID) -> Bool {
    var node = state.index.node(of: id.step)
    while let position = node, let parent = state.index[position].parent {
      if case .firstOf = state.index[parent].kind {
        let later = state.index[parent].children.filter { $0 > position }
        for alternative in later {
          let tasks = state.tasks.values.filter { task in
            state.index.node(of: task.id.step).map { state.index.contains(alternative, $0) }
              ?? false
          }
          if !tasks.isEmpty, !tasks.contains(where: \.hasFailed) { return true }
        }
      }
      node = parent
    }
    return false
  }

  /// Hosts whose tasks had to be left out, each with its steps.
  private func unreachable() -> [UnreachableText.Entry] {
    var entries: [String?: UnreachableText.Entry] = [:]
    for step in state.index.steps {
      for task in state.tasks.values where task.id.step == step.path {
        guard case .unreachable(let reason)? = failure(of: task, isRollback: false) else {
          continue
        }
        let host = task.id.host
        entries[
          host,
          default: UnreachableText.Entry(
            host: host, reason: reason,
            remedy: state.hosts[host]?.remedy ?? "see to it; resume tries it again"
          )
        ].missed.append(step.path)
      }
    }
    return Array(entries.values)
  }

  private func block(_ group: Group) -> [Line] {
    guard let task = group.tasks.first, let step = state.index.step(task.id.step) else { return [] }
    let hosts = group.tasks.map(\.id.host)
    let what = group.isRollback ? "the rollback of " + task.id.step : task.id.step
    let why = FailureWords.of(group.failure, [group.answer].compactMap { $0 })
    var lines = [headline(what, Words.place(hosts), why)]
    switch group.failure {
    case .require, .unlessCannotTell, .check:
      if let check = check(group.failure, step, isRollback: group.isRollback) {
        lines += CheckText(state: state).lines(check, group.answer, of: task)
      }
    case .action: lines += action(task, step, isRollback: group.isRollback)
    case .output(let name, _):
      let origin = step.outputs.first { $0.name == name }?.origin ?? step.origin
      lines.append(CheckText.line("at", origin.place))
    case .notStarted, .group, .unreachable, .cancelled: break
    }
    return lines
  }

  /// The check that a failure names.
  private func check(_ failure: Failure, _ step: Step, isRollback: Bool) -> Check? {
    let (checks, position): ([Check], Int)
    switch failure {
    case .require(let index): (checks, position) = (step.requires, index)
    case .unlessCannotTell(let index): (checks, position) = (step.unless, index)
    case .check(let index):
      position = index
      if isRollback, case .code(_, let own) = step.rollback {
        checks = own
      } else {
        checks = step.checks
      }
    case .action, .output, .notStarted, .group, .unreachable, .cancelled: return nil
    }
    return position < checks.count ? checks[position] : nil
  }

  private func remedy(of failure: Failure, _ task: TaskState, isRollback: Bool) -> String {
    guard let step = state.index.step(task.id.step),
      let text = check(failure, step, isRollback: isRollback)?.remedy
    else { return "" }
    return state.text(text, for: task.id, environment: step.environment)
  }

  private func action(_ task: TaskState, _ step: Step, isRollback: Bool) -> [Line] {
    var text = step.actionText
    var origin = step.actionOrigin
    if isRollback, case .code(let code, _) = step.rollback {
      (text, origin) = (code.firstLine, code.origin)
    }
    var lines = [CheckText.line("ran", text, remark: origin.place)]
    for (position, said) in ((isRollback ? undoTails : tails)[task.id] ?? []).enumerated() {
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
