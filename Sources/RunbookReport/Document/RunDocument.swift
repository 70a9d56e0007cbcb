import RunbookCore

/// What a report says of a run, before any language or markup: a fold over its events.
package struct RunDocument: Sendable {
  package struct TaskRow: Sendable {
    package var task: TaskID
    package var title: String?
    package var state: RowState
    package var started: Timestamp?
    package var ended: Timestamp?
    package var attempts: Int
    /// Of the last action; nil where none ran.
    package var exitStatus: Int?
    package var undo: RowState?
    package var noRollback: String?
    /// Bytes that its actions printed and that are not in the journal.
    package var outputNotKept = 0
    /// The step has a `check`.
    package var isChecked = false
  }

  package enum RowState: Hashable, Sendable {
    case toCome, running, waiting
    /// The run ended before.
    case notReached
    case doubt(Doubt)
    case done, satisfied, byCheck
    case accepted(by: String)
    /// - Parameter isUnknown: what it asked could not be told, rather than does not hold.
    case failed(Failure, isUnknown: Bool)
    case leftOut
  }

  package struct CheckRow: Sendable {
    package var task: TaskID
    /// The step's title, or its path.
    package var name: String
    package var stage: ProbeStage
    package var text: String
    package var answer: Answer
    package var status: Int
    /// The beginning of what was found.
    package var found: String
  }

  package struct OutputRow: Sendable {
    package var step: StepPath
    package var title: String?
    package var name: String
    package var host: String?
    package var value: String
  }

  package struct Decision: Sendable {
    package enum Kind: Sendable {
      case confirmed, denied, accepted, rerun, reopened, cancelled, adopted, driftIgnored
      /// Asked for the run to be undone.
      case rolledBack
    }
    package var time: Timestamp
    package var kind: Kind
    package var task: TaskID?
    package var by: String
  }

  package var description: RunDescription
  package var documentation: String
  package var hosts: [String]
  package var started: Timestamp?
  package var ended: Timestamp?
  package var outcome: RunOutcome?
  package var stopped: StopReason?
  /// Processes that drove the run: more than one means that it was resumed.
  package var owners = 0
  package var rows: [TaskRow] = []
  package var checks: [CheckRow] = []
  package var outputs: [OutputRow] = []
  package var decisions: [Decision] = []
  package var failures: [FailureRow] = []
  /// Nobody drives it, and whoever did said nothing of it.
  package var isInterrupted = false
  private var cameFor: String?
  /// Hash of the last event, where the caller knows it.
  package var chainHead: String?
  package var events: Int

  /// Who began it, and where.
  var by: String { "\(description.operator)@\(description.machine)" }

  package init(_ state: RunState, facts: [Fact], chainHead: String? = nil) {
    description =
      state.description
      ?? RunDescription(id: "", runbook: state.plan.name, title: nil, operator: "", machine: "")
    documentation = state.plan.documentation
    hosts = state.binding.hosts.map(\.name)
    started = state.startedAt
    ended = state.endedAt ?? (state.stopReason == nil ? nil : state.lastEventAt)
    outcome = state.outcome
    stopped = state.stopReason
    self.chainHead = chainHead
    events = facts.count
    for fact in facts { note(fact) }
    for step in state.index.steps + state.removedSteps where isTold(step, state) {
      add(step, state)
    }
    failures = Self.failures(state)
  }

  /// A step that an adopted runbook does not have any more is told only where it was met.
  private func isTold(_ step: Step, _ state: RunState) -> Bool {
    state.index.step(step.path) != nil || state.steps.keys.contains { $0.path == step.path }
  }

  private mutating func note(_ fact: Fact) {
    func decide(_ kind: Decision.Kind, _ task: TaskID?, _ by: String) {
      decisions.append(Decision(time: fact.time, kind: kind, task: task, by: by))
    }
    // Who has just come for a rollback asked for it; else a failure did.
    let by = cameFor
    if case .locksTaken = fact.event {} else { cameFor = nil }
    switch fact.event {
    case .ownerTook(_, _, let name):
      owners += 1
      cameFor = name
    case .rollbackStarted(let scope):
      if scope == Instance(""), let by { decide(.rolledBack, nil, by) }
    case .driftIgnored(let by): decide(.driftIgnored, nil, by)
    case .confirmed(let id, let by): decide(.confirmed, id, by)
    case .denied(let id, let by): decide(.denied, id, by)
    case .doubtSettled(let id, .accept, let by): decide(.accepted, id, by)
    case .doubtSettled(let id, .rerun, let by): decide(.rerun, id, by)
    case .taskReopened(let id, let by): decide(.reopened, id, by)
    case .cancelRequested(let by): decide(.cancelled, nil, by)
    case .adopted(let adoption): decide(.adopted, nil, adoption.by)
    default: break
    }
  }

  private mutating func add(_ step: Step, _ state: RunState) {
    let instances = state.steps.keys.filter { $0.path == step.path }
      .sorted { $0.batch.lexicographicallyPrecedes($1.batch) }
    if instances.isEmpty {
      rows.append(row(TaskID(step.path), step, nil, Self.unmet(step, state), state))
    }
    for instance in instances {
      guard let known = state.steps[instance] else { continue }
      let place = TaskID(step.path, batch: instance.batch)
      if known.isLeftOut {
        rows.append(row(place, step, nil, .leftOut, state))
      } else if let failure = known.failure {
        rows.append(row(place, step, nil, .failed(failure, isUnknown: false), state))
      }
      for host in known.hosts {
        let id = TaskID(step.path, host: host, batch: instance.batch)
        guard let task = state.tasks[id] else { continue }
        rows.append(row(id, step, task, rowState(task), state))
        add(answersOf: task, step, state)
      }
    }
    for output in step.outputs {
      let slots = [nil] + state.binding.hosts.map { Optional($0.name) }
      for host in slots {
        let slot = OutputSlot(step: step.path, name: output.name, host: host)
        guard let value = state.outputs[slot] else { continue }
        outputs.append(
          OutputRow(
            step: step.path, title: step.title, name: output.name, host: host,
            value: value.environmentText))
      }
    }
  }

  private func row(
    _ id: TaskID, _ step: Step, _ task: TaskState?, _ rowState: RowState, _ state: RunState
  ) -> TaskRow {
    let last = task?.attempts.last.flatMap { state.attempts[$0] }
    var undo: RowState?
    switch task?.undo {
    case nil, .some(.none): undo = nil
    case .inFlight?, .polling?, .settling?: undo = .running
    case .inDoubt(let doubt)?: undo = .doubt(doubt)
    case .ended(let outcome)?: undo = self.rowState(outcome, task?.undoAnswers ?? [])
    }
    var noRollback: String?
    if case .refused(let why) = step.rollback { noRollback = why }
    return TaskRow(
      task: id, title: step.title, state: rowState, started: task?.startedAt,
      ended: task?.endedAt,
      attempts: (task?.attempts ?? []).count { state.attempts[$0]?.attempt.purpose == .forward },
      exitStatus: last?.end?.status,
      undo: undo, noRollback: noRollback,
      outputNotKept: (task?.attempts ?? []).compactMap { state.attempts[$0] }
        .reduce(0) { $0 + $1.output.skipped + $1.error.skipped },
      isChecked: !step.checks.isEmpty)
  }

  private func rowState(_ task: TaskState) -> RowState {
    switch task.phase {
    case .toCome: .toCome
    case .inFlight, .polling, .pausing: .running
    case .inDoubt(let doubt): .doubt(doubt)
    case .ended(let outcome): rowState(outcome, task.lastAnswers)
    }
  }

  private func rowState(_ outcome: TaskOutcome, _ answers: [ProbeAnswer]) -> RowState {
    switch outcome {
    case .done: .done
    case .doneByCheck: .byCheck
    case .accepted(let by): .accepted(by: by)
    case .satisfied: .satisfied
    case .failed(let failure):
      .failed(failure, isUnknown: failure.answer(among: answers)?.answer == .cannotTell)
    }
  }

  private mutating func add(answersOf task: TaskState, _ step: Step, _ state: RunState) {
    for answer in task.lastAnswers where answer.stage != .output {
      let list: [Check]
      switch answer.stage {
      case .require: list = step.requires
      case .unless: list = step.unless
      case .check: list = step.checks
      case .output: continue
      }
      guard answer.index < list.count else { continue }
      let bytes = answer.text.isEmpty ? answer.errorText : answer.text
      checks.append(
        CheckRow(
          task: task.id, name: step.title ?? step.path, stage: answer.stage,
          text: list[answer.index].text, answer: answer.answer, status: answer.status,
          found: String(decoding: bytes.prefix(600), as: UTF8.self)))
    }
  }
}
