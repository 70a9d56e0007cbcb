import RunbookCore

extension RunDocument {
  /// Tasks of one step that failed for the same reason.
  package struct FailureRow: Sendable {
    package var step: StepPath
    package var title: String?
    package var hosts: [String]
    package var failure: Failure
    /// What it asked could not be told, rather than does not hold.
    package var isUnknown: Bool
    /// Its rollback failed, not the step itself.
    package var isRollback: Bool
    /// The check that failed, as it stands in the runbook; empty where it was none.
    package var asked: String
    /// The first line that the check found; empty where it printed none, or none was asked.
    package var found: String
    /// Its status, where one was asked.
    package var status: Int?
    /// What the runbook says to do.
    package var remedy: String?
  }

  /// What failed, in the order of the steps; also what was undone afterwards.
  static func failures(_ state: RunState) -> [FailureRow] {
    var rows: [FailureRow] = []
    for step in state.index.steps + state.removedSteps {
      let tasks = state.tasks.values.filter { $0.id.step == step.path }
        .sorted { $0.id.description < $1.id.description }
      for task in tasks {
        if case .ended(.failed(let failure)) = task.phase {
          add(row(failure, of: task, task.lastAnswers, step, step.checks, state), to: &rows)
        }
        if case .ended(.failed(let failure)) = task.undo {
          var checks: [Check] = []
          if case .code(_, let own) = step.rollback { checks = own }
          var undone = row(failure, of: task, task.undoAnswers, step, checks, state)
          undone.isRollback = true
          add(undone, to: &rows)
        }
      }
      for (instance, known) in state.steps where instance.path == step.path {
        guard let failure = known.failure else { continue }
        rows.append(
          FailureRow(
            step: step.path, title: step.title, hosts: [], failure: failure, isUnknown: false,
            isRollback: false, asked: "", found: "", remedy: nil))
      }
    }
    return rows
  }

  private static func row(
    _ failure: Failure, of task: TaskState, _ answers: [ProbeAnswer], _ step: Step,
    _ checks: [Check], _ state: RunState
  ) -> FailureRow {
    let asked: (index: Int, list: [Check])?
    switch failure {
    case .require(let index): asked = (index, step.requires)
    case .unlessCannotTell(let index): asked = (index, step.unless)
    case .check(let index): asked = (index, checks)
    case .action, .output, .notStarted, .group, .unreachable, .cancelled: asked = nil
    }
    let answer = failure.answer(among: answers)
    var asking = ""
    var found = ""
    var remedy: String?
    if let (index, list) = asked {
      found =
        [answer?.text ?? [], answer?.errorText ?? []]
        .map { Printable.firstLine($0).0 }.first { !$0.isEmpty } ?? ""
      asking = index < list.count ? list[index].text : ""
      remedy =
        index < list.count
        ? list[index].remedy.map { state.text($0, for: task.id, environment: step.environment) }
        : nil
    } else if case .action = failure {
      remedy = Commands().logs(state.runID, state.commandName(of: task.id))
    }
    return FailureRow(
      step: step.path, title: step.title, hosts: [task.id.host].compactMap { $0 },
      failure: failure, isUnknown: answer?.answer == .cannotTell, isRollback: false,
      asked: asking, found: found, status: answer?.status, remedy: remedy)
  }

  /// Hosts that failed alike stand together.
  private static func add(_ row: FailureRow, to rows: inout [FailureRow]) {
    let like = rows.firstIndex {
      $0.step == row.step && $0.failure == row.failure && $0.isRollback == row.isRollback
        && $0.found == row.found && $0.status == row.status && $0.remedy == row.remedy
    }
    if let like { rows[like].hosts += row.hosts } else { rows.append(row) }
  }
}
