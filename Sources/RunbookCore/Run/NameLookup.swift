/// What names mean at a task: values for code, strings and expressions.
extension RunState {
  /// The value of a name in an expression or string, where it has one and no host matters.
  package func value(of name: String, environment: Int, batch: [Int] = []) -> Value? {
    switch plan.environments[environment].meanings[name] {
    case .literal(let value)?: return value
    case .input(let input)?: return binding.inputs[input]
    case .group(let group)?: return .string(members(of: group, batch: batch).joined(separator: " "))
    case .output(let reference)?: return value(of: reference, host: nil)
    case .secret?: return nil
    case nil:
      guard name.hasSuffix("_addresses"),
        case .group(let group)? =
          plan.environments[environment].meanings[String(name.dropLast("_addresses".count))]
      else { return nil }
      return .string(addresses(of: group, batch: batch))
    }
  }

  package func evaluate(_ expression: Expression, environment: Int, batch: [Int]) -> Value? {
    expression.evaluate { reference in
      switch reference {
      case .name(let name): return value(of: name, environment: environment, batch: batch)
      case .column: return nil
      }
    }
  }

  package func amount(_ amount: Amount?, environment: Int) -> Int? {
    switch amount {
    case nil: return nil
    case .literal(let number)?: return number
    case .name(let name)?:
      switch value(of: name, environment: environment) {
      case .int(let number)?, .duration(let number)?: return number
      case .string?, .bool?, nil: return nil
      }
    }
  }

  /// A template with its names put in; a task's own host variables are known to it too.
  ///
  /// - Parameter isAhead: the run has not begun: what has no value yet stands there as a name.
  package func text(
    _ template: Template, for id: TaskID, environment: Int, isAhead: Bool = false
  ) -> String {
    let host = hostVariables(of: id.host)
    return template.pieces.map { piece in
      switch piece {
      case .text(let text): return text
      case .name(let name):
        if let value = host[name] { return value }
        if name == "reprise_run" { return description?.id ?? "" }
        if name == "reprise_step" { return id.step }
        if let reference = outputReference(name, environment: environment),
          let value = value(of: reference, host: id.host)
        {
          return value.environmentText
        }
        let text =
          value(of: name, environment: environment, batch: id.batch)?.environmentText ?? ""
        guard isAhead, text.isEmpty else { return text }
        switch plan.environments[environment].meanings[name] {
        case .input?, .literal?: return text
        case .group?, .output?, .secret?, nil: return "$" + name
        }
      }
    }.joined()
  }

  /// The members of a group: those of the innermost batch where a `rolling` block rebinds it.
  package func members(of group: GroupID, batch: [Int]) -> [String] {
    for depth in stride(from: batch.count, through: 0, by: -1) {
      let prefix = Array(batch.prefix(depth))
      if let members = foundGroups[Instance(group, batch: prefix)] { return members }
    }
    return binding.groups[group] ?? []
  }

  package func addresses(of group: GroupID, batch: [Int]) -> String {
    members(of: group, batch: batch)
      .map { binding.host($0)?.address ?? "" }.joined(separator: " ")
  }

  package func outputReference(_ name: String, environment: Int) -> OutputReference? {
    if case .output(let reference)? = plan.environments[environment].meanings[name] {
      return reference
    }
    return nil
  }

  package func value(of reference: OutputReference, host: String?) -> Value? {
    for writer in reference.writers {
      let slot = OutputSlot(
        step: writer, name: reference.name, host: reference.isByHost ? host : nil)
      if let value = outputs[slot] { return value }
    }
    return reference.defaultValue
  }

  /// Everything the code of a task finds in its environment, but for secrets.
  package func environmentValues(for id: TaskID, environment: Int, attempt: Int) -> [String: String]
  {
    var values = hostVariables(of: id.host)
    for (name, meaning) in plan.environments[environment].meanings {
      switch meaning {
      case .literal(let value): values[name] = value.environmentText
      case .input(let input): values[name] = binding.inputs[input]?.environmentText
      case .secret: break
      case .group(let group):
        values[name] = members(of: group, batch: id.batch).joined(separator: " ")
        values[name + "_addresses"] = addresses(of: group, batch: id.batch)
      case .output(let reference):
        values[name] = value(of: reference, host: id.host)?.environmentText
        if reference.isByHost { values[name + "_by_host"] = valuesByHost(of: reference) }
      }
    }
    values["reprise_run"] = description?.id
    values["reprise_step"] = id.step
    values["reprise_attempt"] = String(attempt)
    return values
  }

  /// One `HOST<tab>LINE` for each line of each host's value, in inventory order.
  private func valuesByHost(of reference: OutputReference) -> String {
    var lines: [String] = []
    for host in binding.hosts {
      guard let value = value(of: reference, host: host.name) else { continue }
      for line in value.environmentText.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(host.name + "\t" + line)
      }
    }
    return lines.joined(separator: "\n")
  }

  private func hostVariables(of name: String?) -> [String: String] {
    guard let name, let host = binding.host(name) else { return [:] }
    var values: [String: String] = [:]
    for (column, value) in host.columns { values["host_" + column] = value }
    values["host"] = host.name
    values["host_address"] = host.address
    if let user = host.user { values["host_user"] = user }
    if let port = host.port { values["host_port"] = String(port) }
    return values
  }
}
