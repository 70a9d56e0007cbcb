import RunbookCore

extension RunDocument {
  /// What was not needed, by the outermost scopes of which nothing was.
  package var leftOut: [String] {
    var shown: [String] = []
    for row in rows where row.state == .leftOut {
      let parts = row.task.step.split(separator: "/").map(String.init)
      let prefixes = parts.indices.map { parts[...$0].joined(separator: "/") }
      let scope = prefixes.first { prefix in
        rows.allSatisfy {
          $0.state == .leftOut
            || $0.task.step != prefix && !$0.task.step.hasPrefix(prefix + "/")
        }
      }
      let name = scope ?? row.task.step
      if !shown.contains(name) { shown.append(name) }
    }
    return shown
  }

  /// The state of a step that the run has never come to.
  static func unmet(_ step: Step, _ state: RunState) -> RowState {
    if state.leftOutScopes.contains(where: { step.path.hasPrefix($0.path + "/") }) {
      return .leftOut
    }
    switch state.outcome {
    case nil: return .toCome
    // Of a run that succeeded, only alternatives that were not needed are never met.
    case .succeeded?: return .leftOut
    case .failed?, .cancelled?, .rolledBack?, .rollbackFailed?: return .notReached
    }
  }
}
