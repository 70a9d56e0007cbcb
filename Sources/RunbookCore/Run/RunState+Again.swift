/// What another owner takes up again of tasks and of their rollbacks.
extension RunState {
  mutating func takeOverUndo(of id: TaskID, _ task: TaskState, at now: Timestamp) {
    let undo: TaskState.Undo
    switch task.undo {
    case .polling(_, let check): undo = .polling(since: now, check: check)
    case .settling(_, let doubt): undo = .settling(since: now, doubt)
    case .inDoubt(let doubt) where hasUndoChecks(id): undo = .settling(since: now, doubt)
    case .none, .inFlight, .inDoubt, .ended: return
    }
    update(id) {
      $0.undo = undo
      $0.lastPoll = nil
    }
  }

  /// A rollback that failed goes on where it stopped.
  mutating func reopenRollbacks() {
    for (scope, rollback) in rollbacks where rollback == .failed { rollbacks[scope] = .underway }
    for (id, task) in tasks {
      if case .ended(.failed) = task.undo { tasks[id]?.undo = .none }
    }
  }

  /// A failed task is tried again; its step and the scopes around it are open again.
  mutating func reopen(_ id: TaskID) {
    cursors = [:]
    update(id) {
      $0.phase = .toCome
      $0.undo = .none
      $0.attemptsInSeries = 0
      $0.confirmedBy = nil
      $0.lastAnswers = []
      $0.undoAnswers = []
      $0.wasCancelled = false
    }
  }

  func hasChecks(_ id: TaskID) -> Bool { !(index.step(id.step)?.checks.isEmpty ?? true) }

  func hasUndoChecks(_ id: TaskID) -> Bool {
    guard case .code(_, let checks)? = index.step(id.step)?.rollback else { return false }
    return !checks.isEmpty
  }
}
