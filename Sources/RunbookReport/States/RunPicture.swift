import RunbookCore

/// What is to be seen of one node of the plan: a step with its tasks, or a scope with its steps.
struct NodePicture {
  var state: ShownState
  /// From the first start to the last end, or to now; nil where nothing started.
  var start: Timestamp?
  var end: Timestamp?
  /// Steps in it, by state; a step counts once.
  var steps: [ShownState: Int]
  /// Tasks of a step, in the order of their hosts.
  var tasks: [TaskState]

  var stepCount: Int { steps.values.reduce(0, +) }

  /// Ended well, left out, or not begun: nothing to look at.
  var isQuiet: Bool {
    switch state {
    case .done, .satisfied, .leftOut, .toCome, .rolledBack: true
    case .running, .unwatched, .waiting, .inDoubt, .failed: false
    }
  }

  func length(now: Timestamp) -> Int? {
    start.map { ((state == .running ? now : end) ?? now).milliseconds - $0.milliseconds }
  }
}

/// Pictures of all nodes of a run at a moment: one walk over its tasks.
struct RunPicture {
  let state: RunState
  private(set) var nodes: [NodePicture]

  init(_ state: RunState) {
    self.state = state
    var tasks: [StepPath: [TaskState]] = [:]
    for task in state.tasks.values { tasks[task.id.step, default: []].append(task) }
    let empty = NodePicture(state: .toCome, start: nil, end: nil, steps: [:], tasks: [])
    nodes = Array(repeating: empty, count: state.index.nodes.count)
    // Children come after their parents: from the end, every child is known before its parent.
    for node in state.index.nodes.reversed() {
      if case .step(let step) = node.kind {
        nodes[node.id] = picture(of: step, tasks[step.path] ?? [])
      } else {
        nodes[node.id] = picture(ofScope: node)
      }
    }
  }

  private func picture(of step: Step, _ tasks: [TaskState]) -> NodePicture {
    let order = Dictionary(
      state.binding.hosts.enumerated().map { ($0.element.name, $0.offset) }
    ) { first, _ in first }
    let sorted = tasks.sorted { a, b in
      let first = a.id.host.flatMap { order[$0] } ?? -1
      let second = b.id.host.flatMap { order[$0] } ?? -1
      return first == second ? a.id.batch.lexicographicallyPrecedes(b.id.batch) : first < second
    }
    var shown: ShownState
    if tasks.isEmpty {
      let own = state.steps.filter { $0.key.path == step.path }.values
      shown = .toCome
      if own.contains(where: \.isLeftOut) { shown = .leftOut }
      if own.contains(where: { $0.failure != nil }) { shown = .failed }
    } else {
      shown = combined(tasks.map { state.shown($0) })
    }
    return NodePicture(
      state: shown, start: tasks.compactMap(\.startedAt).min(),
      end: tasks.compactMap(\.endedAt).max(), steps: [shown: 1], tasks: sorted)
  }

  private mutating func picture(ofScope node: PlanIndex.Node) -> NodePicture {
    let isLeftOut = state.leftOutScopes.contains { $0.path == node.name }
    var isDecided = false
    if case .firstOf = node.kind {
      isDecided = node.children.contains { [.done, .satisfied].contains(nodes[$0].state) }
    }
    if isLeftOut || isDecided {
      // What is not needed any more will never come.
      for child in node.children where nodes[child].state == .toCome { leaveOut(child) }
    }
    let children = node.children.map { nodes[$0] }
    var shown = isDecided ? .done : combined(children.map(\.state))
    if isLeftOut { shown = .leftOut }
    if state.outcome == nil, state.rollbacks[Instance(node.name)] == .underway {
      shown = state.atWork
    }
    return NodePicture(
      state: shown, start: children.compactMap(\.start).min(),
      end: children.compactMap(\.end).max(),
      steps: children.reduce(into: [:]) { $0.merge($1.steps, uniquingKeysWith: +) }, tasks: [])
  }

  private mutating func leaveOut(_ id: Int) {
    nodes[id].steps = [.leftOut: nodes[id].stepCount]
    nodes[id].state = .leftOut
    for child in state.index[id].children { leaveOut(child) }
  }

  /// The state of something made of parts: the one that a person must know of first.
  func combined(_ states: [ShownState]) -> ShownState {
    let all = Set(states)
    for state in [ShownState.inDoubt, .failed, .waiting, .running, .unwatched]
    where all.contains(state) {
      return state
    }
    let began = all.subtracting([.toCome, .leftOut])
    // Between two steps: of a run that nobody drives, nothing is at work.
    if all.contains(.toCome) {
      return began.isEmpty || self.state.stopReason != nil ? .toCome : .running
    }
    if began.contains(.rolledBack) { return .rolledBack }
    if began.contains(.done) { return .done }
    return began.contains(.satisfied) ? .satisfied : states.isEmpty ? .done : .leftOut
  }
}
