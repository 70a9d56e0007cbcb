import RunbookCore

/// What stands between an edited runbook and a run that is to go by it: the difference, what of it
/// a person has to decide, and what is impossible.
package struct AdoptionReview: Sendable {
  /// A step that ran and that is changed or gone; nobody has said what becomes of what it did.
  package struct Undecided: Hashable, Sendable {
    /// As the run knows it.
    package var step: StepPath
    package var tasks: [TaskID]
    package var isGone: Bool
  }
  package private(set) var difference: PlanDifference
  package private(set) var undecided: [Undecided] = []
  package private(set) var problems: [AdoptionProblem] = []
  /// The event, once everything is decided.
  package private(set) var adoption: Adoption
  /// Names of `--rerun` and `--accept` that decide about changed steps.
  package private(set) var used: Set<TaskName> = []

  private let state: RunState
  private let rerun: [TaskName]
  private let accepted: [TaskName]

  package var isSettled: Bool { undecided.isEmpty && problems.isEmpty }

  package init(
    _ state: RunState, plan: Plan, binding: Binding, sources: [String: String],
    rerun: [TaskName], accepted: [TaskName], by person: String
  ) {
    self.state = state
    self.rerun = rerun
    self.accepted = accepted
    var binding = binding
    // Hosts that the edited inventory lacks are still the hosts of what ran there.
    let met = Set(state.tasks.keys.compactMap(\.host))
    binding.hosts += state.binding.hosts.filter { host in
      met.contains(host.name) && binding.host(host.name) == nil
    }
    difference = PlanDifference(from: state.plan, state.binding, to: plan, binding)
    adoption = Adoption(plan: plan, binding: binding, sources: sources, by: person)
    adoption.renamed = Dictionary(difference.renamed.map { ($0.old, $0.new) }) { $1 }
    for change in difference.changed { judge(change.step, isGone: false) }
    for step in difference.removed { judge(step, isGone: true) }
    checkLocks()
    checkRollbacks()
    checkBatches()
  }

  /// Decides what becomes of the tasks of a step that is changed or gone.
  private mutating func judge(_ step: StepPath, isGone: Bool) {
    var open: [TaskID] = []
    var isKept = false
    let tasks = state.tasks.values.filter { $0.id.step == step }
      .sorted { $0.id.description < $1.id.description }
    for task in tasks {
      switch standing(task, isGone: isGone) {
      case .free: break
      case .underway: problems.append(.underway(task.id))
      case .inDoubt: if !isNamed(task.id, isGone: isGone) { problems.append(.inDoubt(task.id)) }
      case .ran:
        guard isNamed(task.id, isGone: isGone) else {
          open.append(task.id)
          continue
        }
        if !isGone, rerun.contains(where: { $0.means(task.id, among: state.stepNames) }) {
          adoption.rerun.append(task.id)
        } else {
          isKept = true
          checkOutputs(task.id)
        }
      }
    }
    if !open.isEmpty { undecided.append(Undecided(step: step, tasks: open, isGone: isGone)) }
    if !isGone, !isKept { adoption.opened.append(step) }
  }

  private enum Standing { case free, underway, inDoubt, ran }

  private func standing(_ task: TaskState, isGone: Bool) -> Standing {
    switch task.undo {
    case .inFlight, .polling: return .underway
    case .inDoubt, .settling: return .inDoubt
    // Whether what was undone may change is decided for its whole scope.
    case .ended: return .free
    case .none: break
    }
    switch task.phase {
    // Another attempt would start as the step is now.
    case .toCome, .pausing: return isGone && task.isTouched ? .ran : .free
    case .inFlight, .polling(_, .afterAction), .polling(_, .interrupted), .polling(_, .accepted):
      return .underway
    case .inDoubt, .polling(_, .settling): return .inDoubt
    case .ended(.failed): return isGone && task.isTouched ? .ran : .free
    case .ended(.done), .ended(.doneByCheck), .ended(.accepted), .ended(.satisfied): return .ran
    }
  }

  private mutating func isNamed(_ id: TaskID, isGone: Bool) -> Bool {
    let names = state.stepNames
    let fitting = (isGone ? accepted : rerun + accepted).filter { $0.means(id, among: names) }
    used.formUnion(fitting)
    return !fitting.isEmpty
  }

  /// What is taken as it stands must have given what the edited step is to give.
  private mutating func checkOutputs(_ id: TaskID) {
    let index = PlanIndex(adoption.plan)
    guard let step = index.step(id.step) else { return }
    for output in step.outputs where output.defaultValue == nil {
      let slot = OutputSlot(
        step: id.step, name: output.name, host: output.isByHost ? id.host : nil)
      // A secret one is asked for again; any other has its value in the journal.
      let isKnown =
        index.secretFlow.contains(step.path, output.name)
        ? state.secretWriters[slot] != nil : state.outputs[slot]?.type == output.type
      if !isKnown {
        problems.append(.noValue(id, output: output.name))
      }
    }
  }

  private mutating func checkLocks() {
    let new = RunState(plan: adoption.plan, binding: adoption.binding)
    let isSame =
      state.lockNamesOfPlan == new.lockNamesOfPlan && state.hostsWithLocks == new.hostsWithLocks
    if !isSame { problems.append(.locks) }
  }

  /// What was undone, or is being undone, stays what it was.
  private mutating func checkRollbacks() {
    let new = PlanIndex(adoption.plan)
    let touched = Set(difference.changed.map(\.step))
    for scope in Set(state.rollbacks.keys.map(\.path)).sorted() {
      let before = Self.steps(in: scope, state.index)
      if before != Self.steps(in: scope, new) || !touched.isDisjoint(with: before) {
        problems.append(.rolledBack(scope))
      }
    }
  }

  private static func steps(in scope: String, _ index: PlanIndex) -> Set<StepPath> {
    guard let node = index.node(named: scope) ?? index.node(of: scope) else { return [] }
    return Set(
      index.steps.map(\.path).filter { path in
        index.node(of: path).map { index.contains(node, $0) } ?? false
      })
  }

  /// Batches are fixed when their block starts.
  private mutating func checkBatches() {
    let new = PlanIndex(adoption.plan)
    for block in Set(state.batches.keys.map(\.path)).sorted() {
      guard let node = new.node(named: block),
        case .rolling(let group, let size, _, _) = new[node].kind,
        let old = state.index.node(named: block),
        case .rolling(let oldGroup, let oldSize, _, _) = state.index[old].kind,
        group == oldGroup, size == oldSize
      else {
        problems.append(.rolling(block))
        continue
      }
    }
  }
}

/// Why an edited runbook can't be adopted as it is.
package enum AdoptionProblem: Hashable, Sendable {
  /// A step that is changed or gone is at work.
  case underway(TaskID)
  /// A step that is changed or gone is in doubt.
  case inDoubt(TaskID)
  /// The locks would be others than those that the run holds.
  case locks
  /// A scope that was rolled back, or is being rolled back, is changed.
  case rolledBack(StepPath)
  /// A `rolling` block that has begun is changed or stands elsewhere.
  case rolling(String)
  /// A step that is taken as it stands has no value for an output of the edited one.
  case noValue(TaskID, output: String)
}
