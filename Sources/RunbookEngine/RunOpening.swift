import RunbookCore

/// The first events of a process that takes a run over: of a new run, or of a resumed one.
package struct RunOpening: Sendable {
  /// The state with the events applied.
  package var state: RunState
  /// To be committed before anything else; the driver does it in its first turn.
  package var facts: [Fact]
  /// Failed tasks that are tried again: the operator is told their names.
  package var reopened: [TaskID] = []

  /// Who opens, and when.
  package struct Opener: Sendable {
    package var process: Int
    /// The owner's epoch, from the journal.
    package var epoch: Int
    package var `operator`: String
    package var now: Timestamp

    package init(process: Int, epoch: Int, operator: String, now: Timestamp) {
      self.process = process
      self.epoch = epoch
      self.operator = `operator`
      self.now = now
    }
  }

  /// A run that begins.
  package init(
    beginning description: RunDescription, plan: Plan, binding: Binding, by opener: Opener
  ) {
    state = RunState(plan: plan, binding: binding)
    facts = []
    record(.runStarted(description), opener)
    record(
      .ownerTook(epoch: opener.epoch, process: opener.process, operator: opener.operator), opener)
    takeLocks(opener)
  }

  /// A run that goes on. `state` is the fold over its journal.
  ///
  /// - Throws: what of the operator's wishes does not fit the run; nothing has happened then.
  package init(
    resuming state: RunState, _ wishes: ResumeWishes, by opener: Opener
  ) throws(ResumeProblem) {
    self.state = state
    facts = []
    switch state.outcome {
    case .succeeded?: throw .isDone
    case .rolledBack?: throw .isRolledBack
    case .failed? where state.isDeadEnd && wishes.review == nil: throw .isDeadEnd
    case .failed?, .cancelled?, .rollbackFailed?, nil: break
    }
    if let review = wishes.review, !review.isSettled { throw .cannotAdopt }
    if let (name, steps) = wishes.unclear { throw .noOneQuestion(name, steps: steps) }
    let settled = try decisions(wishes)
    // A run that was left while it failed first reaches the end it would have reached.
    var triesAgain = state.outcome != nil || state.isTriedAgain
    record(
      .ownerTook(
        epoch: opener.epoch, process: opener.process, operator: opener.operator), opener)
    if let review = wishes.review, !review.difference.isEmpty {
      record(.adopted(review.adoption), opener)
      // Who edits the runbook of a run that was failing wants it tried again.
      if state.inFlight.isEmpty { triesAgain = true }
    }
    // A cancel that was not seen through comes to its end first: nothing is tried again in it.
    let isCancelling = self.state.cancelledBy != nil
    let failed = self.state.reopenable.filter {
      !isCancelling && (triesAgain || self.state.tasks[$0]?.wasCancelled ?? false)
    }
    takeLocks(opener)
    for (name, decision) in settled {
      var id = name
      id.step = wishes.review?.adoption.renamed[id.step] ?? id.step
      record(.doubtSettled(id, decision, by: opener.operator), opener)
    }
    for id in failed where self.state.tasks[id]?.hasFailed ?? false {
      record(.taskReopened(id, by: opener.operator), opener)
      reopened.append(id)
    }
    for id in self.state.waitingForPerson where wishes.approved.contains(id.step) {
      record(.confirmed(id, by: opener.operator), opener)
    }
    if wishes.ignoresDrift { record(.driftIgnored(by: opener.operator), opener) }
  }

  mutating func takeLocks(_ opener: Opener) {
    let names = state.lockNamesOfPlan
    if !names.isEmpty { record(.locksTaken(names), opener) }
  }

  mutating func record(_ event: Event, _ opener: Opener) {
    let fact = Fact(time: opener.now, event: event)
    state.apply(fact)
    facts.append(fact)
  }

  /// Every doubt that the operator decides, by name.
  private func decisions(
    _ wishes: ResumeWishes
  ) throws(ResumeProblem) -> [(TaskID, DoubtDecision)] {
    let doubts = state.unsettled
    var result: [(TaskID, DoubtDecision)] = []
    for (names, decision) in [(wishes.accepted, DoubtDecision.accept), (wishes.rerun, .rerun)] {
      for name in names {
        let named = name.fitting(doubts)
        let steps = Set(named.map(\.step))
        if steps.count > 1 { throw .ambiguous(name, steps: steps.sorted()) }
        if named.isEmpty, !(wishes.review?.used.contains(name) ?? false) {
          throw .noSuchDoubt(name, doubts: doubts)
        }
        result += named.map { ($0, decision) }
      }
    }
    return result
  }
}

/// What the operator says with `resume`.
package struct ResumeWishes: Sendable {
  package var rerun: [TaskName] = []
  package var accepted: [TaskName] = []
  package var approved: [StepPath] = []
  /// A name to approve that no step with a question has, or several have.
  package var unclear: (name: String, steps: [StepPath])?
  package var ignoresDrift = false
  /// The edited runbook that the run is to go by.
  package var review: AdoptionReview?

  package init() {}
}

/// `STEP[@HOST][#BATCH]` as an operator writes it: the step's name or its path.
package struct TaskName: Hashable, Sendable, CustomStringConvertible {
  package var step: String
  package var host: String?
  package var batch: [Int]?

  package init(_ text: String) {
    var rest = Substring(text)
    if let mark = rest.lastIndex(of: "#") {
      let numbers = rest[rest.index(after: mark)...].split(separator: ".").map { Int($0) }
      if !numbers.isEmpty, !numbers.contains(nil) {
        batch = numbers.compactMap { $0 }
        rest = rest[..<mark]
      }
    }
    if let mark = rest.firstIndex(of: "@") {
      host = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    step = String(rest)
  }

  package func fits(_ id: TaskID) -> Bool {
    guard id.step == step || id.step.hasSuffix("/" + step) else { return false }
    if let host, id.host != host { return false }
    if let batch, id.batch != batch { return false }
    return true
  }

  /// Whether it means that task: where a step's whole path is that name, no step of the name elsewhere.
  package func means(_ id: TaskID, among steps: [StepPath]) -> Bool {
    fits(id) && (id.step == step || !steps.contains(step))
  }

  /// Those that it means: where a step's whole path is that name, no step of the name elsewhere.
  package func fitting(_ ids: some Sequence<TaskID>) -> [TaskID] {
    let all = ids.filter(fits)
    let exact = all.filter { $0.step == step }
    return exact.isEmpty ? all : exact
  }

  package var description: String {
    step + (host.map { "@" + $0 } ?? "")
      + (batch.map { "#" + $0.map(String.init).joined(separator: ".") } ?? "")
  }
}

/// Why a run cannot be resumed as asked.
package enum ResumeProblem: Error, Hashable, Sendable {
  case isDone
  case isRolledBack
  case noSuchDoubt(TaskName, doubts: [TaskID])
  /// Several steps are called so; nothing is decided for one that was not meant.
  case ambiguous(TaskName, steps: [StepPath])
  /// What failed is undone, and nothing after it may begin.
  case isDeadEnd
  /// No step that asks is called so, or several are.
  case noOneQuestion(String, steps: [StepPath])
  /// The review of the edited runbook says why.
  case cannotAdopt
}

extension RunState {
  /// Tasks in doubt, also those whose check is being asked again about it.
  package var unsettled: [TaskID] {
    tasks.values.filter { task in
      switch task.undo {
      case .inDoubt, .settling: return true
      case .none, .inFlight, .polling, .ended: break
      }
      switch task.phase {
      case .inDoubt, .polling(_, .settling): return true
      case .toCome, .inFlight, .polling, .pausing, .ended: return false
      }
    }.map(\.id).sorted { $0.description < $1.description }
  }
}
