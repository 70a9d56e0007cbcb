/// Hosts that were given up: under `on failure continue` the run goes on without them.
extension Scheduler {
  /// Hosts that were given up and that the run can't go on without: all that something needs but
  /// those whose tasks may fail under `on failure continue`.
  var blockingHosts: Set<String?> {
    let givenUp = Set(state.hosts.filter(\.value.isGivenUp).map(\.key))
    if givenUp.isEmpty { return [] }
    var needed = Set(state.hostsToLock.map(Optional.some)).union(state.toRecheck.map(\.host))
    for (id, task) in state.tasks where givenUp.contains(id.host) {
      switch task.undo {
      case .none: if task.outcome != nil || goesOn(without: id) { continue }
      case .ended: continue
      case .inFlight, .polling, .settling, .inDoubt: break
      }
      needed.insert(id.host)
    }
    // A rollback that is underway needs every host that it has to undo something on.
    if state.rollbacks.values.contains(.underway) { needed.formUnion(state.tasks.keys.map(\.host)) }
    return givenUp.intersection(needed)
  }

  /// Why the host of a task was given up, where the run goes on without it.
  func isGoneForGood(_ id: TaskID) -> String? {
    guard case .givenUp(let reason)? = state.hosts[id.host]?.connection, goesOn(without: id) else {
      return nil
    }
    return reason
  }

  /// Whether the task, or a scope around it, goes on after a failure.
  func goesOn(without id: TaskID) -> Bool {
    if state.index.step(id.step)?.onFailure == .continue { return true }
    var node = state.index.node(of: id.step)
    while let position = node {
      switch state.index[position].kind {
      case .sequence(.continue, _, _), .rolling(_, _, .continue, _): return true
      case .sequence, .rolling, .step, .parallel, .firstOf: node = state.index[position].parent
      }
    }
    return false
  }
}
