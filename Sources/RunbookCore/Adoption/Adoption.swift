/// An edited runbook that takes the place of the one that a run was started with, from one event
/// on. What happened before keeps its meaning: it was folded under the plan of its time.
package struct Adoption: Codable, Hashable, Sendable {
  package var plan: Plan
  /// Also has the rows of hosts that the new plan does not select and that have tasks.
  package var binding: Binding
  /// Text of every file that the plan was compiled from, by its path.
  package var sources: [String: String]
  /// Steps that are the same under another name, by the old one.
  package var renamed: [StepPath: StepPath]
  /// Steps, by their new names, whose `when` and hosts are decided anew.
  package var opened: [StepPath]
  /// Tasks that had ended and that the operator wants to start again under the new code.
  package var rerun: [TaskID]
  package var by: String

  package init(
    plan: Plan, binding: Binding, sources: [String: String],
    renamed: [StepPath: StepPath] = [:], opened: [StepPath] = [], rerun: [TaskID] = [],
    by: String
  ) {
    self.plan = plan
    self.binding = binding
    self.sources = sources
    self.renamed = renamed
    self.opened = opened
    self.rerun = rerun
    self.by = by
  }
}

extension RunState {
  /// Goes on with another plan: everything that is known is matched by name.
  mutating func adopt(_ adoption: Adoption) {
    let before = index
    replacePlan(adoption.plan, adoption.binding)
    rename(adoption.renamed)
    removedSteps = (removedSteps + before.steps).filter {
      index.step($0.path) == nil && adoption.renamed[$0.path] == nil
    }
    steps = steps.filter { !adoption.opened.contains($0.key.path) }
    // What an `upload` copies is fixed again where the step begins anew.
    files = files.filter { !adoption.opened.contains($0.key.step) }
    for id in adoption.rerun { reopen(id) }
    toRecheck = lastingTasks()
  }

  /// Every name that a step of the run has or had, also before an adoption.
  package var stepNames: [StepPath] {
    (index.steps + removedSteps).map(\.path) + originalNames.values.sorted()
  }

  /// The name under which a step began.
  package func originalName(of step: StepPath) -> StepPath { originalNames[step] ?? step }

  private mutating func rename(_ names: [StepPath: StepPath]) {
    guard !names.isEmpty else { return }
    originalNames = Dictionary(names.map { ($1, originalName(of: $0)) }) { $1 }
      .merging(originalNames.filter { names[$0.key] == nil }) { new, _ in new }
    func new(_ id: TaskID) -> TaskID {
      var id = id
      id.step = names[id.step] ?? id.step
      return id
    }
    var renamed: [TaskID: TaskState] = [:]
    for (id, task) in tasks {
      var task = task
      task.id = new(id)
      renamed[task.id] = task
    }
    tasks = renamed
    for (key, attempt) in attempts { attempts[key]?.task = new(attempt.task) }
    steps = Dictionary(
      steps.map { (Instance(names[$0.path] ?? $0.path, batch: $0.batch), $1) }
    ) { $1 }
    func new(_ slot: OutputSlot) -> OutputSlot {
      var slot = slot
      slot.step = names[slot.step] ?? slot.step
      return slot
    }
    outputs = Dictionary(outputs.map { (new($0), $1) }) { $1 }
    secretWriters = Dictionary(secretWriters.map { (new($0), new($1)) }) { $1 }
    files = Dictionary(
      files.map { (FileSlot(step: names[$0.step] ?? $0.step, path: $0.path), $1) }
    ) { $1 }
    drifted = Dictionary(drifted.map { (new($0), $1) }) { $1 }
    perhapsInDoubt = Set(perhapsInDoubt.map(new))
  }
}
