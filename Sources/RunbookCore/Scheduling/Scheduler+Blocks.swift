/// How blocks go on from their statements.
extension Scheduler {
  /// - Parameters:
  ///   - mayStart: false where nothing new may start, here or anywhere.
  ///   - goesOn: the enclosing scope goes on after a failure (`on failure continue`).
  mutating func run(_ id: Int, batch: [Int], mayStart: Bool, goesOn: Bool) -> Progress {
    let node = state.index[id]
    let instance = Instance(node.name, batch: batch)
    switch node.kind {
    case .step(let step):
      return run(step, node: id, batch: batch, mayStart: mayStart)
    case .sequence(let policy, let when, let environment):
      if let known = enter(instance, when: when, environment: environment, mayStart: mayStart) {
        return known
      }
      return sequence(
        node, instance, policy: policy, isAlternative: isAlternative(node), batch: batch,
        mayStart: mayStart)
    case .parallel(let after):
      return parallel(node, after: after, batch: batch, mayStart: mayStart, goesOn: goesOn)
    case .rolling(let group, let size, let policy, let environment):
      return rolling(
        node, instance, group: group, size: size, policy: policy, environment: environment,
        mayStart: mayStart)
    case .firstOf:
      return firstOf(node, batch: batch, mayStart: mayStart)
    }
  }

  private func isAlternative(_ node: PlanIndex.Node) -> Bool {
    guard let parent = node.parent, case .firstOf = state.index[parent].kind else { return false }
    return true
  }

  /// Decides `when` once. Returns what is known without going into the scope.
  private mutating func enter(
    _ instance: Instance, when: Expression?, environment: Int?, mayStart: Bool
  ) -> Progress? {
    if state.leftOutScopes.contains(instance) { return .ended }
    if state.steps[instance]?.failure != nil { return .failed }
    guard let when, let environment, !state.enteredScopes.contains(instance) else { return nil }
    guard mayStart, !isHeld else { return .idle }
    switch decide(when, environment: environment, batch: instance.batch) {
    case .success(true):
      record(.scopeEntered(instance))
      return nil
    case .success(false):
      record(.scopeLeftOut(instance))
      return .ended
    case .failure(let reason):
      record(.stepFailed(instance, reason.failure))
      return .failed
    }
  }

  /// A scope's statements one after the other, and what its policy does with a failure.
  ///
  /// - Parameter isAlternative: what it changed is undone, also where its other statements ran first.
  private mutating func sequence(
    _ node: PlanIndex.Node, _ instance: Instance, policy: FailurePolicy,
    isAlternative: Bool = false, batch: [Int], mayStart: Bool
  ) -> Progress {
    let atItsEnd = isAlternative ? .rollback : policy
    if let rollback = state.rollbacks[instance] {
      return rollback == .underway ? undo(node.id, instance) : .failed
    }
    var hasFailed = false
    var position = state.cursors[instance] ?? 0
    while position < node.children.count {
      let child = node.children[position]
      let progress = run(
        child, batch: batch, mayStart: mayStart, goesOn: policy == .continue)
      switch progress {
      case .ended:
        if !hasFailed { state.cursors[instance] = position + 1 }
      case .failed:
        hasFailed = true
        if policy != .continue, !continues(child, batch) { return fail(node, instance, atItsEnd) }
      case .active, .idle:
        return progress
      }
      position += 1
    }
    return hasFailed ? fail(node, instance, atItsEnd) : .ended
  }

  /// Whether the block goes on after a failure of that statement: a step that says so, or a parallel in
  /// which nothing else failed.
  private func continues(_ child: Int, _ batch: [Int]) -> Bool {
    switch state.index[child].kind {
    case .step(let step): step.onFailure == .continue
    case .parallel: passed.contains([child] + batch)
    case .sequence, .rolling, .firstOf: false
    }
  }

  private mutating func fail(
    _ node: PlanIndex.Node, _ instance: Instance, _ policy: FailurePolicy
  ) -> Progress {
    switch policy {
    case .stop, .continue: return .failed
    case .rollback:
      guard state.cancelledBy == nil else { return .failed }
      record(.rollbackStarted(instance))
      return undo(node.id, instance)
    }
  }

  private mutating func parallel(
    _ node: PlanIndex.Node, after: [[Int]], batch: [Int], mayStart: Bool, goesOn: Bool
  ) -> Progress {
    var results: [Progress] = []
    // A failure after which the block goes on is none for those that come after it.
    var open: [Progress] = []
    func judge(_ progress: Progress, _ child: Int) -> Progress {
      progress == .failed && continues(child, batch) ? .ended : progress
    }
    for (position, child) in node.children.enumerated() {
      let before = after[position].map {
        $0 < position ? open[$0] : judge(peek(node, $0, batch), node.children[$0])
      }
      let isFree = before.allSatisfy { $0 == .ended }
      let mayBegin = mayStart && isFree && (goesOn || !open.contains(.failed))
      let progress = run(child, batch: batch, mayStart: mayBegin, goesOn: goesOn)
      let isDead = progress == .idle && before.contains(.failed)
      results.append(isDead ? .failed : progress)
      open.append(isDead ? .failed : judge(progress, child))
    }
    if results.contains(.active) { return .active }
    guard results.contains(.failed) else { return results.contains(.idle) ? .idle : .ended }
    let hasStopped = open.contains(.failed) && !goesOn
    if mayStart, !hasStopped, results.contains(.idle) { return .idle }
    if !open.contains(.failed) { passed.insert([node.id] + batch) }
    return .failed
  }

  /// How far a later branch is, without starting anything in it.
  private mutating func peek(
    _ node: PlanIndex.Node, _ position: Int, _ batch: [Int]
  ) -> Progress {
    run(node.children[position], batch: batch, mayStart: false, goesOn: false)
  }

  private mutating func rolling(
    _ node: PlanIndex.Node, _ instance: Instance, group: GroupID, size: Amount,
    policy: FailurePolicy, environment: Int, mayStart: Bool
  ) -> Progress {
    if state.steps[instance]?.failure != nil { return .failed }
    if state.batches[instance] == nil {
      guard mayStart, !isHeld else { return .idle }
      let members: [String]
      switch resolve(group, batch: instance.batch) {
      case .success(let found): members = found
      case .failure(let reason):
        record(.stepFailed(instance, reason.failure))
        return .failed
      }
      let count = max(1, state.amount(size, environment: environment) ?? 1)
      record(
        .batchesFixed(
          instance,
          batches: stride(from: 0, to: members.count, by: count).map {
            Array(members[$0..<min($0 + count, members.count)])
          }))
    }
    let count = state.batches[instance]?.count ?? 0
    for number in stride(from: 1, through: count, by: 1) {
      let batch = instance.batch + [number]
      let progress = sequence(
        node, Instance(node.name, batch: batch), policy: policy, batch: batch, mayStart: mayStart)
      if progress != .ended { return progress }
    }
    return .ended
  }

  private mutating func firstOf(
    _ node: PlanIndex.Node, batch: [Int], mayStart: Bool
  ) -> Progress {
    for alternative in node.children {
      let instance = Instance(state.index[alternative].name, batch: batch)
      let progress = run(alternative, batch: batch, mayStart: mayStart, goesOn: false)
      if state.leftOutScopes.contains(instance) { continue }
      switch progress {
      case .ended, .active, .idle: return progress
      case .failed: if state.rollbacks[instance] != .succeeded { return .failed }
      }
    }
    return .failed
  }
}
