/// One thing that is said of a step, for people and for comparison: `timeout`, `30s`.
package struct Facet: Hashable, Sendable {
  package var name: String
  package var text: String

  package init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }
}

/// What a step does in its plan, as facets: two steps with the same ones do the same, wherever and
/// under whatever name they stand. Titles, documentation and places in files are no part of it.
struct StepFacets {
  let plan: Plan
  let binding: Binding
  let index: PlanIndex

  init(_ plan: Plan, _ binding: Binding, _ index: PlanIndex) {
    self.plan = plan
    self.binding = binding
    self.index = index
  }

  func of(_ step: Step) -> [Facet] {
    var facets: [Facet] = []
    func add(_ name: String, _ text: String?) {
      if let text { facets.append(Facet(name, text)) }
    }
    add("on", step.group.map { text(of: $0) })
    for rolling in batches(around: step) { add("rolling", rolling) }
    add("when", step.when.map(\.text))
    for check in step.requires { add("require", text(of: check)) }
    for check in step.unless { add("unless", text(of: check)) }
    add(step.action?.name ?? "action", step.action.map(text))
    for check in step.checks { add("check", text(of: check)) }
    switch step.rollback {
    case .notNeeded, .byAction: break
    case .refused(let why): add("no rollback", why)
    case .code(let code, let checks):
      add("rollback", code.text)
      for check in checks { add("rollback check", text(of: check)) }
    }
    for output in step.outputs { add("output", text(of: output)) }
    add(
      "retry",
      step.retry.map { retry in
        [retry.attempts, retry.every, retry.upTo].compactMap { $0?.text }.joined(separator: ", ")
      })
    add("timeout", step.timeout.map { $0.duration })
    add("as", step.user?.source)
    if step.rerunIfInterrupted { add("if interrupted", "rerun") }
    if step.onFailure != .stop { add("on failure", step.onFailure.rawValue) }
    return facets + names(in: step)
  }

  private func text(of action: Action) -> String {
    switch action {
    case .run(let code): return code.text
    case .write(let path, let content, let mode, let owner):
      var lines = [path.source]
      switch content {
      case .code(let code): lines.append(code.text)
      case .text(let template): lines.append(template.source)
      }
      lines += [mode.map { "mode " + $0 }, owner.map { "owner " + $0 }].compactMap { $0 }
      return lines.joined(separator: "\n")
    case .stash(let globs, let to):
      return (globs.map(\.source) + [to.map { "to " + $0.source }].compactMap { $0 })
        .joined(separator: "\n")
    case .upload(let local, let path): return local.source + " to " + path.source
    case .confirm(let text): return text.source
    }
  }

  private func text(of check: Check) -> String {
    var text = check.text
    if let within = check.within { text += " within " + within.duration }
    if let every = check.every { text += " every " + every.duration }
    return check.isLasting ? text + " lasting" : text
  }

  private func text(of output: OutputDeclaration) -> String {
    var text = output.name + ": " + output.type.rawValue
    if let value = output.defaultValue { text += " = " + value.environmentText }
    if let source = output.source { text += " from " + source.text }
    return text
  }

  /// The hosts of a group where they are known beforehand.
  private func text(of group: GroupID) -> String {
    guard let declaration = plan.group(group) else { return group }
    switch declaration.selection {
    case .found(let within, let output):
      return "\(declaration.name): those in output \(output.name) of " + text(of: within)
    case .condition, .names:
      return declaration.name + ": " + (binding.groups[group] ?? []).joined(separator: " ")
    }
  }

  private func batches(around step: Step) -> [String] {
    var result: [String] = []
    var node = index.node(of: step.path)
    while let id = node {
      if case .rolling(let group, let size, _, _) = index[id].kind {
        result.append(text(of: group) + " by " + size.text)
      }
      node = index[id].parent
    }
    return result
  }

  // MARK: - Names

  /// What the names mean that the step mentions: another default of an input changes the step too.
  private func names(in step: Step) -> [Facet] {
    guard step.environment < plan.environments.count else { return [] }
    let table = plan.environments[step.environment]
    var words: Set<Substring> = []
    for code in step.codes { words.formUnion(Self.words(of: code.text)) }
    for template in step.templates { words.formUnion(template.names.map { $0[...] }) }
    for expression in step.expressions { words.formUnion(expression.names.map { $0[...] }) }
    for amount in step.amounts {
      if case .name(let name) = amount { words.insert(name[...]) }
    }
    var facets: [Facet] = []
    for (name, meaning) in table.meanings.sorted(by: { $0.key < $1.key }) {
      let forms = [name, name + "_addresses", name + "_by_host"]
      guard forms.contains(where: { words.contains($0[...]) }) else { continue }
      facets.append(Facet("$" + name, text(of: meaning)))
    }
    // A function that the code calls is a part of it, and so is what that one calls.
    if step.codes.contains(where: \.isShell), !table.shell.isEmpty,
      !words.isDisjoint(with: Self.functions(of: table.shell))
    {
      facets.append(Facet("shell", table.shell))
    }
    return facets
  }

  private func text(of meaning: NameTable.Meaning) -> String {
    switch meaning {
    case .literal(let value): return value.environmentText
    case .input(let input): return binding.inputs[input]?.environmentText ?? ""
    case .group(let group): return text(of: group)
    case .output(let output): return "output " + output.name
    case .secret(let id):
      switch plan.secrets.first(where: { $0.id == id })?.source {
      case .environment(let variable)?: return "secret from env " + variable
      case .file(let path, let key)?: return "secret from file \(path) \(key ?? "")"
      case .command(let code)?: return "secret from command " + code.text
      case .prompt?, nil: return "secret"
      }
    }
  }

  static func words(of text: String) -> [Substring] {
    text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
  }

  /// The names that stand before `()`.
  private static func functions(of shell: String) -> Set<Substring> {
    var result: Set<Substring> = []
    var rest = shell[...]
    while let mark = rest.firstIndex(of: "(") {
      let before = rest[..<mark].split(omittingEmptySubsequences: true) { $0.isWhitespace }.last
      if let name = before { result.insert(name) }
      rest = rest[rest.index(after: mark)...]
    }
    return result
  }
}

extension Action {
  /// The word that it begins with in a runbook.
  package var name: String {
    switch self {
    case .run: "run"
    case .write: "write"
    case .stash: "stash"
    case .upload: "upload"
    case .confirm: "confirm"
    }
  }
}

extension Step {
  private var allChecks: [Check] {
    guard case .code(_, let checks) = rollback else { return requires + unless + self.checks }
    return requires + unless + self.checks + checks
  }

  fileprivate var templates: [Template] {
    var result = user.map { [$0] } ?? []
    for check in allChecks {
      switch check.subject {
      case .code(_, let says): result += [says].compactMap { $0 }
      case .tcp(let address): result.append(address)
      case .http(let url, _, let says): result += [url] + [says].compactMap { $0 }
      case .expression: break
      }
    }
    switch action {
    case .write(let path, let content, _, _)?:
      result.append(path)
      if case .text(let text) = content { result.append(text) }
    case .stash(let globs, let to)?: result += globs + [to].compactMap { $0 }
    case .upload(let local, let path)?: result += [local, path]
    case .confirm(let text)?: result.append(text)
    case .run?, nil: break
    }
    return result
  }

  fileprivate var expressions: [Expression] {
    [when].compactMap { $0 }
      + allChecks.compactMap { check in
        if case .expression(let expression) = check.subject { return expression }
        return nil
      }
  }

  fileprivate var amounts: [Amount] {
    [timeout, retry?.attempts, retry?.every, retry?.upTo].compactMap { $0 }
      + allChecks.flatMap { [$0.within, $0.every].compactMap { $0 } }
  }
}

extension Amount {
  package var text: String {
    switch self {
    case .literal(let number): String(number)
    case .name(let name): name
    }
  }

  /// As a duration, in seconds.
  fileprivate var duration: String {
    switch self {
    case .literal(let number): Value.duration(number).environmentText + "s"
    case .name(let name): name
    }
  }
}
