/// How a step becomes tasks and when it has ended.
extension Scheduler {
  mutating func run(_ step: Step, node: Int, batch: [Int], mayStart: Bool) -> Progress {
    let instance = Instance(step.path, batch: batch)
    guard let known = state.steps[instance] else {
      guard mayStart, !isHeld else { return .idle }
      return open(step, node: node, instance)
    }
    if known.isLeftOut { return .ended }
    if known.failure != nil { return .failed }
    if let rollback = state.rollbacks[instance] {
      return rollback == .underway ? undo(node, instance) : .failed
    }
    var results: Set<Progress> = []
    for host in known.hosts {
      let id = TaskID(step.path, host: host, batch: batch)
      results.insert(run(id, step, mayStart: mayStart))
    }
    if results.contains(.active) { return .active }
    if results.contains(.failed) {
      // Hosts that could not start yet do so first: the tasks of a step belong together.
      if results.contains(.idle), mayStart, blockingHosts.isEmpty { return .idle }
      guard step.onFailure == .rollback, state.cancelledBy == nil else { return .failed }
      record(.rollbackStarted(instance))
      return undo(node, instance)
    }
    return results.contains(.idle) ? .idle : .ended
  }

  /// Decides `when`, finds the hosts, and fixes both in the journal.
  private mutating func open(_ step: Step, node: Int, _ instance: Instance) -> Progress {
    if let when = step.when {
      switch decide(when, environment: step.environment, batch: instance.batch) {
      case .success(true): break
      case .success(false):
        record(.stepLeftOut(instance))
        return .ended
      case .failure(let reason):
        record(.stepFailed(instance, reason.failure))
        return .failed
      }
    }
    var hosts: [String?] = [nil]
    if let group = step.group {
      switch resolve(group, batch: instance.batch) {
      case .success(let members): hosts = members
      case .failure(let reason):
        record(.stepFailed(instance, reason.failure))
        return .failed
      }
    }
    record(.stepStarted(instance, hosts: hosts))
    return run(step, node: node, batch: instance.batch, mayStart: true)
  }

  struct Undecided: Error { var failure: Failure }

  /// What a `when` says. A name in it without a value is no "no": nothing is left out on a guess.
  func decide(
    _ when: Expression, environment: Int, batch: [Int]
  ) -> Result<Bool, Undecided> {
    if case .bool(let holds)? = state.evaluate(when, environment: environment, batch: batch) {
      return .success(holds)
    }
    let missing = when.names.first {
      state.value(of: $0, environment: environment, batch: batch) == nil
    }
    return .failure(
      Undecided(failure: .output(missing ?? "", "it has no value, so `when` can't be decided")))
  }

  /// The members of a group; one that is found while running is fixed at its first use.
  mutating func resolve(_ id: GroupID, batch: [Int]) -> Result<[String], Undecided> {
    let known = state.members(of: id, batch: batch)
    if !known.isEmpty { return .success(known) }
    func fail(_ reason: String) -> Result<[String], Undecided> {
      .failure(Undecided(failure: .group(id, reason)))
    }
    guard case .found(let within, let output)? = state.plan.group(id)?.selection else {
      return fail("it has no hosts")
    }
    let allowed: [String]
    switch resolve(within, batch: batch) {
    case .success(let members): allowed = members
    case .failure(let reason): return .failure(reason)
    }
    var names: [String] = []
    for word in words(of: output) where !names.contains(word) { names.append(word) }
    if names.isEmpty { return fail("the output \(output.name) names no host") }
    for name in names where !allowed.contains(name) {
      return fail("the output \(output.name) names \(name), which is not one of its hosts")
    }
    let members = allowed.filter(names.contains)
    record(.groupResolved(id, batch: batch, members: members))
    return .success(members)
  }

  private func words(of output: OutputReference) -> [String] {
    var texts: [String] = []
    if output.isByHost {
      for host in state.binding.hosts {
        if let value = state.value(of: output, host: host.name) {
          texts.append(value.environmentText)
        }
      }
    } else if let value = state.value(of: output, host: nil) {
      texts.append(value.environmentText)
    }
    return texts.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
  }
}
