import RunbookCore

/// What the state of a run looks like to a person.
extension RunState {
  package func shown(_ task: TaskState) -> ShownState {
    switch task.undo {
    case .none: break
    case .inFlight, .polling, .settling: return atWork
    case .inDoubt: return .inDoubt
    case .ended(let outcome): return outcome.isGood ? .rolledBack : .failed
    }
    switch task.phase {
    case .toCome:
      guard case .confirm? = index.step(task.id.step)?.action, task.confirmedBy == nil else {
        return .toCome
      }
      return .waiting
    case .inFlight, .pausing: return isConfirmWaiting(task) ? .waiting : atWork
    case .polling: return atWork
    case .inDoubt: return .inDoubt
    case .ended(.done), .ended(.doneByCheck), .ended(.accepted): return .done
    case .ended(.satisfied): return .satisfied
    case .ended(.failed): return .failed
    }
  }

  /// Of something that was begun: once its owner has left, nobody watches it.
  var atWork: ShownState { stopReason == nil ? .running : .unwatched }

  /// A `confirm` whose checks have been asked waits for its person.
  private func isConfirmWaiting(_ task: TaskState) -> Bool {
    guard case .confirm? = index.step(task.id.step)?.action, task.confirmedBy == nil,
      let key = task.attempts.last
    else { return false }
    return attempts[key]?.end?.verdict == .complete
  }

  /// Tasks that wait for a person, by their names.
  package var waiting: [TaskID] {
    tasks.values.filter { shown($0) == .waiting }.map(\.id)
      .sorted { $0.description < $1.description }
  }

  /// The first task whose person is waited for, while an answer lets the run go on.
  package var question: TaskID? { outcome == nil && denied == nil ? waiting.first : nil }

  /// What a `confirm` asks, with its values.
  package func questionText(_ id: TaskID) -> String? {
    guard let step = index.step(id.step), case .confirm(let text)? = step.action else { return nil }
    return self.text(text, for: id, environment: step.environment)
  }

  /// Milliseconds from the start of the task's last attempt to its end, or to `now`.
  package func length(of task: TaskState, now: Timestamp) -> Int? {
    guard let key = task.attempts.last, let attempt = attempts[key] else { return nil }
    let end: Timestamp
    switch attempt.attempt.purpose {
    // When somebody said so tells nothing of the action.
    case .forward where task.outcome?.isAccepted ?? false: return nil
    case .forward: end = task.outcome == nil ? now : task.endedAt ?? now
    case .rollback: end = attempt.endedAt ?? now
    }
    return max(0, end.milliseconds - attempt.startedAt.milliseconds)
  }

  /// Something it changed stands and can be undone.
  package var hasSomethingToUndo: Bool {
    tasks.values.contains { task in
      guard task.isTouched, !isUndone(task.id), let step = index.step(task.id.step) else {
        return false
      }
      switch step.rollback {
      case .notNeeded, .refused: return false
      case .code, .byAction: return true
      }
    }
  }

  /// Whether an action of the run started, so that a host may have been changed.
  package var hasTouchedHosts: Bool {
    tasks.values.contains { task in
      task.isTouched && index.step(task.id.step)?.changesHost ?? true
    }
  }

  /// Something of the run is being undone.
  package var isRollingBack: Bool { outcome == nil && rollbacks.values.contains(.underway) }

  /// A rollback that is underway undoes the task too.
  func isRollingBack(_ id: TaskID) -> Bool {
    guard isRollingBack, let step = index.node(of: id.step) else { return false }
    return rollbacks.contains { scope, rollback in
      guard rollback == .underway, let node = index.node(named: scope.path) else { return false }
      return index.contains(node, step) && id.batch.starts(with: scope.batch)
    }
  }

  /// How a person names the task in a command: `STEP`, or `STEP@HOST` where the step has several,
  /// with as much of the path as is needed to tell it from other steps.
  package func commandName(of id: TaskID) -> String {
    let name = index.step(id.step)?.name ?? id.step
    let isUnique = index.steps.filter { $0.name == name }.count < 2
    let step = isUnique ? name : id.step
    let siblings = tasks.keys.filter { $0.step == id.step }.count
    guard siblings > 1, let host = id.host else { return step }
    return step + "@" + host
  }

  /// The id that `resume` and the others are called with.
  package var runID: String { description?.id ?? "" }

  /// The hosts that the run knows by name.
  package var hostCount: Int { binding.hosts.count }
}

extension PlanIndex {
  /// A node's own name, without its path; a block without a name by what it is.
  package func shortName(of id: Int) -> String {
    let node = self[id]
    let last = node.name.split(separator: "/").last.map(String.init) ?? node.name
    switch node.kind {
    case .step(let step): return step.name
    case .sequence: return last
    case .parallel: return "parallel"
    case .rolling(let group, _, _, _): return "rolling " + group
    case .firstOf: return "first of"
    }
  }
}

extension Step {
  /// The action as one line for a person: the first line of its code, or what it does.
  package var actionText: String {
    switch action {
    case .run(let code)?: code.firstLine
    case .write(let path, _, _, _)?: "write " + path.source
    case .stash(let globs, _)?: "stash " + globs.map(\.source).joined(separator: " ")
    case .upload(_, let path)?: "upload to " + path.source
    case .confirm(let text)?: text.source
    case nil: ""
    }
  }

  /// Where its action stands, else the step itself.
  package var actionOrigin: Origin {
    switch action {
    case .run(let code)?, .write(_, .code(let code), _, _)?: code.origin
    case .write(_, .text, _, _)?, .stash?, .upload?, .confirm?, nil: origin
    }
  }
}

extension Code {
  /// Its first line that says something; an ellipsis where there are more.
  package var firstLine: String {
    let lines = text.split(separator: "\n").filter { line in
      !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#")
    }
    guard let first = lines.first else { return "" }
    let trimmed = String(first.drop(while: \.isWhitespace))
    return lines.count > 1 ? trimmed + " …" : trimmed
  }
}

extension TaskOutcome {
  /// A person took it as done.
  fileprivate var isAccepted: Bool {
    if case .accepted = self { return true }
    return false
  }
}
