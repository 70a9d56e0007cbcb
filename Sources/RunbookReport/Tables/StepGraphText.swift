import RunbookCore

/// `show`: the runbook as a tree with the state of every task.
package struct StepGraphText {
  private let picture: RunPicture
  private let now: Timestamp
  private var state: RunState { picture.state }

  package init(_ state: RunState, now: Timestamp) {
    picture = RunPicture(state)
    self.now = now
  }

  package var lines: [Line] { children(of: state.index.root, indent: 0) }

  /// One object for each task, and for each step that has none yet; see `docs/json.md`.
  package var json: [String] {
    state.index.steps.flatMap { step -> [String] in
      guard let node = state.index.node(of: step.path) else { return [] }
      let own = picture.nodes[node]
      if own.tasks.isEmpty { return [json(step, nil, own.state)] }
      return own.tasks.map { json(step, $0, state.shown($0)) }
    }
  }

  private func json(_ step: Step, _ task: TaskState?, _ shown: ShownState) -> String {
    var json = JSONObject()
    json["run"] = .string(state.runID)
    json["step"] = .string(step.path)
    json["host"] = task?.id.host.map { .string($0) }
    if let batch = task?.id.batch, !batch.isEmpty { json["batch"] = .array(batch.map { .int($0) }) }
    // Whether somebody watches it is the run's business: `runs --json` says so.
    json["state"] = .string((shown == .unwatched ? .running : shown).rawValue)
    json["attempts"] = task.map { .int($0.attempts.count) }
    json["durationMilliseconds"] = task.flatMap { state.length(of: $0, now: now) }.map { .int($0) }
    if case .failed(let failure)? = task?.outcome {
      json["failure"] = .string(FailureWords.of(failure, task?.lastAnswers ?? []))
    }
    return json.text
  }

  private func children(of id: Int, indent: Int) -> [Line] {
    let ids = state.index[id].children
    let column = indent + 2 + (ids.map { state.index.shortName(of: $0).count }.max() ?? 0)
    return ids.enumerated().flatMap { position, child -> [Line] in
      var lines =
        state.index[child].children.isEmpty
        ? step(child, indent, column) : scope(child, indent)
      if case .parallel(let after) = state.index[id].kind, position < after.count,
        !after[position].isEmpty
      {
        let names = after[position].map { state.index.shortName(of: ids[$0]) }
        lines[0].append("  after " + names.joined(separator: ", "), .quiet)
      }
      return lines
    }
  }

  private func scope(_ id: Int, _ indent: Int) -> [Line] {
    let own = picture.nodes[id]
    var line = Line(blanks(indent))
    line.append(own.state.glyph)
    line.append(" " + state.index.shortName(of: id), .strong)
    if let title = state.index[id].title { line.append("  " + title, .quiet) }
    // Of an alternative that was not needed, nothing is worth a line.
    return own.state == .leftOut ? [line] : [line] + children(of: id, indent: indent + 2)
  }

  private func step(_ id: Int, _ indent: Int, _ column: Int) -> [Line] {
    guard case .step(let step) = state.index[id].kind else { return [] }
    let own = picture.nodes[id]
    var line = Line(blanks(indent))
    line.append(own.state.glyph)
    line.append(" " + state.index.shortName(of: id))
    line.pad(to: column + 2)
    if own.tasks.count == 1, own.tasks[0].id.host == nil {
      line.append(TaskText(state, Fleeting(), now: now).progress(of: own.tasks[0], step), .quiet)
    } else if own.tasks.isEmpty {
      let count = step.group.map { state.members(of: $0, batch: []).count } ?? 0
      if count > 0 { line.append(Words.count(count, "host"), .quiet) }
    } else {
      for (position, piece) in HostGroups(state: state, now: now).pieces(of: own.tasks).enumerated()
      {
        if position > 0 { line.append("   ") }
        line.append(piece)
      }
    }
    switch step.rollback {
    case .notNeeded: break
    case .refused(let why): line.append("   no rollback: \(why)", .quiet)
    case .code(let code, _): line.append("   rollback: \(code.firstLine)", .quiet)
    case .byAction: line.append("   rolls itself back", .quiet)
    }
    return [line]
  }
}
