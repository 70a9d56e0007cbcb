/// What a rollback passes over, because the runbook says so.
extension RunState {
  /// Touched steps in scopes that were rolled back, or are, which the runbook does not undo: in
  /// reading order, with what it says about it.
  package var notUndone: [(step: StepPath, reason: String)] {
    if rollbacks.isEmpty { return [] }
    let touched = Set(tasks.values.filter { $0.isTouched && isUndone($0.id) }.map(\.id.step))
    return index.steps.compactMap { step in
      guard touched.contains(step.path), case .refused(let reason) = step.rollback else {
        return nil
      }
      return (step.path, reason)
    }
  }
}
