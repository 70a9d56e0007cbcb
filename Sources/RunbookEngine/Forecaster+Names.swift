import RunbookCore

/// What names mean before the run has begun: some have no value yet.
extension Forecaster {
  /// Every host that is known now to have a task.
  var hostsOfSteps: Set<String> {
    Set(state.index.steps.compactMap(\.group).flatMap { state.members(of: $0, batch: []) })
  }

  enum Decision {
    case known(Bool)
    case unknown(Forecast.Reason)
  }

  func decide(_ when: Expression, _ environment: Int, _ batch: [Int]) -> Decision {
    let table = state.plan.environments[environment]
    for name in when.names {
      if let reason = unset(name, table, host: nil) { return .unknown(reason) }
    }
    return .known(state.evaluate(when, environment: environment, batch: batch) == .bool(true))
  }

  /// nil for a check that only the host can answer.
  func holds(_ check: Check, _ id: TaskID, _ step: Step) -> Bool? {
    guard case .expression(let expression) = check.subject else { return nil }
    return state.evaluate(expression, environment: step.environment, batch: id.batch)
      == .bool(!check.isNegated)
  }

  /// Why the hosts of a group are not known yet.
  func missing(_ group: GroupID) -> Forecast.Reason? {
    guard case .found(let within, let output)? = state.plan.group(group)?.selection else {
      return nil
    }
    return missing(within) ?? output.writers.first.map { .output(output.name, $0) }
  }

  /// The first name that what is asked before the action mentions and that has no value yet.
  func missingOutput(_ id: TaskID, _ step: Step) -> Forecast.Reason? {
    let table = state.plan.environments[step.environment]
    var checks = step.requires + step.unless
    var read: Set<String> = []
    func add(_ code: Code) {
      read.formUnion(code.isShell ? expanded(code.text + "\n" + table.shell) : words(of: code))
    }
    if !step.changesHost {
      checks += step.checks
      for output in step.outputs { if let source = output.source { add(source) } }
    }
    if case .upload(let local, let path)? = step.action { read.formUnion(local.names + path.names) }
    for check in checks {
      switch check.subject {
      case .code(let code, let says):
        add(code)
        read.formUnion(says?.names ?? [])
      case .tcp(let address): read.formUnion(address.names)
      case .http(let address, _, let says): read.formUnion(address.names + (says?.names ?? []))
      case .expression(let expression): read.formUnion(expression.names)
      }
    }
    let own = Set(step.outputs.map(\.name))
    for name in table.meanings.keys.sorted() where !own.contains(name) {
      guard read.contains(name) || read.contains(name + "_by_host") else { continue }
      if let reason = unset(name, table, host: id.host) { return reason }
    }
    return nil
  }

  /// What shell code reads: the names after a `$`.
  private func expanded(_ text: String) -> Set<String> {
    Set(
      text.split(separator: "$", omittingEmptySubsequences: false).dropFirst().compactMap { piece in
        let name = piece.drop { "{#!".contains($0) }.prefix {
          $0.isLetter || $0.isNumber || $0 == "_"
        }
        return name.isEmpty ? nil : String(name)
      })
  }

  /// Other languages find names in their environment, however they write that.
  private func words(of code: Code) -> Set<String> { SecretFlow.words(of: code.text) }

  private func unset(_ name: String, _ table: NameTable, host: String?) -> Forecast.Reason? {
    switch table.meanings[name] {
    case .output(let reference)?:
      let isSet = reference.writers.contains { writer in
        let slot = OutputSlot(
          step: writer, name: reference.name, host: reference.isByHost ? host : nil)
        return state.outputs[slot] != nil
      }
      return isSet ? nil : reference.writers.first.map { .output(reference.name, $0) }
    case .group(let group)?:
      return state.members(of: group, batch: []).isEmpty ? missing(group) : nil
    case .literal?, .input?, .secret?, nil: return nil
    }
  }
}

extension Forecast.Verdict {
  /// Something that only an action can have done may be different after it.
  var mayChange: Bool {
    switch self {
    case .wouldRun, .unknown, .noAnswer: true
    case .wouldAsk, .satisfied, .holds, .leftOut, .stops, .cannot: false
    }
  }

  var isStop: Bool {
    switch self {
    case .stops, .cannot, .noAnswer: true
    case .wouldRun, .wouldAsk, .satisfied, .holds, .leftOut, .unknown: false
    }
  }
}

extension Step {
  /// Whatever the world is like, it starts.
  var asksNothing: Bool {
    requires.isEmpty && unless.isEmpty && !isUpload
      && (changesHost || checks.isEmpty && outputs.isEmpty)
  }

  /// Its content may be on the host already.
  var isUpload: Bool {
    if case .upload? = action { return true }
    return false
  }
}

extension Template {
  fileprivate var names: [String] {
    pieces.compactMap { piece in
      if case .name(let name) = piece { return name }
      return nil
    }
  }
}
