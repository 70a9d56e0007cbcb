import RunbookCore

/// Phases, uses and blocks.
extension Lowering {
  /// The statements of a sequence, the chain standing at its block.
  mutating func statements(_ statements: [StatementSyntax]) -> [Statement] {
    var result: [Statement] = []
    let last = scope.chain.links.count - 1
    for (index, syntax) in statements.enumerated() {
      scope.chain.links[last].child = index
      guard count(syntax.keyword) else { break }
      if let statement = statement(syntax) { result.append(statement) }
    }
    return result
  }

  /// Lowers what stands inside of a block.
  private mutating func within<Result>(
    _ keyword: SourceRange, _ kind: Chain.Kind, prefix: String? = nil,
    _ body: (inout Lowering) -> Result
  ) -> Result {
    let outer = scope.prefix
    scope.chain.links.append(
      .init(node: keyword.start, kind: kind, child: 0, isConditional: false))
    if let prefix { scope.prefix = prefix }
    defer {
      scope.chain.links.removeLast()
      scope.prefix = outer
    }
    return body(&self)
  }

  private mutating func statement(_ syntax: StatementSyntax) -> Statement? {
    switch syntax {
    case .step(let step): .step(lower(step))
    case .phase(let phase): .scope(lower(phase))
    case .use(let use): lower(use).map { .scope($0) }
    case .parallel(let block, let keyword): parallel(block, keyword)
    case .rolling(let rolling): lower(rolling)
    case .firstOf(let block, let keyword): firstOf(block, keyword)
    case .found(let hosts): found(hosts)
    }
  }

  private mutating func lower(_ phase: PhaseSyntax) -> Scope {
    let path = scope.prefix + phase.name.text
    var result = Scope(
      path: path, name: phase.name.text, title: phase.title.flatMap { plainText($0) },
      when: phase.when.flatMap { condition($0, .init(place: .statement)) },
      environment: scope.environment, origin: origin(phase.name.range))
    result.documentation = phase.documentation
    result.onFailure = phase.body.onFailure ?? .stop
    let kind = Chain.Kind.sequence(continues: result.onFailure == .continue)
    result.body = within(phase.keyword, kind, prefix: path + "/") {
      $0.statements(phase.body.statements)
    }
    return result
  }

  private mutating func parallel(_ block: BlockSyntax, _ keyword: SourceRange) -> Statement {
    let edges = scope.loaded.outline.edges[keyword.start] ?? []
    var branches: [Parallel.Branch] = []
    // A statement that could not be lowered leaves a hole that edges must not shift into.
    var places: [Int?] = []
    within(keyword, .parallel) { lowering in
      let last = lowering.scope.chain.links.count - 1
      for (index, syntax) in block.statements.enumerated() {
        lowering.scope.chain.links[last].child = index
        guard lowering.count(syntax.keyword), let statement = lowering.statement(syntax) else {
          places.append(nil)
          continue
        }
        places.append(branches.count)
        branches.append(.init(statement))
      }
    }
    for (index, place) in places.enumerated() {
      guard let place, index < edges.count else { continue }
      var after: [Int] = []
      for edge in edges[index] {
        if let target = places[edge], !after.contains(target) { after.append(target) }
      }
      branches[place].after = after
    }
    return .parallel(Parallel(branches: branches, origin: origin(keyword)))
  }

  private mutating func lower(_ rolling: RollingSyntax) -> Statement? {
    let group = group(rolling.group)
    let size = count(rolling.size)
    let policy = rolling.body.onFailure ?? .stop
    let body = within(rolling.keyword, .sequence(continues: policy == .continue)) {
      $0.statements(rolling.body.statements)
    }
    guard let group else { return nil }
    var result = Rolling(
      group: group.id, size: size, environment: scope.environment,
      origin: origin(rolling.keyword))
    result.onFailure = policy
    result.body = body
    return .rolling(result)
  }

  private mutating func firstOf(_ block: BlockSyntax, _ keyword: SourceRange) -> Statement {
    let alternatives = within(keyword, .alternatives(block.statements.count)) { lowering in
      lowering.statements(block.statements).compactMap { statement -> Scope? in
        if case .scope(let scope) = statement { scope } else { nil }
      }
    }
    return .firstOf(FirstOf(alternatives: alternatives, origin: origin(keyword)))
  }

  /// `hosts NAME in GROUP from output O`
  private mutating func found(_ hosts: HostsSyntax) -> Statement? {
    guard case .found(let groupName, let outputName) = hosts.selection,
      let within = group(groupName)
    else {
      scope.lostWords.insert(hosts.name.text)
      return nil
    }
    guard let symbol = use(outputName.text) else {
      if !scope.isDoubtful(outputName.text) {
        let outputs = candidates {
          if case .output = $0.kind { true } else { false }
        }
        report(
          .unknownName, "no output is called `\(outputName.text)`", outputName.range,
          help: suggestionHelp(for: outputName.text, among: outputs)
            ?? "an earlier step writes it: `output \(outputName.text) from …`")
      }
      scope.lostWords.insert(hosts.name.text)
      return nil
    }
    guard case .output(let output) = symbol.kind else {
      scope.lostWords.insert(hosts.name.text)
      report(
        .wrongKind, "`\(outputName.text)` is \(article(symbol.what)), not an output",
        outputName.range, help: "hosts are found in what a step puts out")
      return nil
    }
    read(outputName.text, output, at: outputName.range, group: nil, isList: true)
    if output.reference.type != .string {
      report(
        .typeMismatch, "`\(outputName.text)` is \(shown(output.reference.type)), not a string",
        outputName.range, help: "it must hold names of hosts, separated by blanks or lines")
    }
    add(hosts, .found(within: within.id, output: output.reference))
    return .group(scope.filePrefix + hosts.name.text)
  }

  // MARK: - Uses

  private mutating func lower(_ use: UseSyntax) -> Scope? {
    let when = use.when.flatMap { condition($0, .init(place: .statement)) }
    guard let part = part(of: use) else { return nil }
    let arguments = bind(use, part)
    let name = (use.alias ?? use.part).text
    let path = scope.prefix + name
    var result = Scope(
      path: path, name: name, title: part.tree.title.flatMap { $0.literal }, when: when,
      environment: scope.environment, origin: origin(use.part.range))
    result.documentation =
      use.documentation.isEmpty ? part.tree.documentation : use.documentation
    result.onFailure = part.tree.body.onFailure ?? .stop

    let outer = scope
    let environment = plan.environments.count
    plan.environments.append(NameTable())
    activeParts.append(use.part.text)
    open(part, prefix: path + "/", environment: environment, parameters: arguments)
    declareAll()
    lowerDeclarations()
    result.body = statements(part.tree.body.statements)
    checkUnused()
    plan.environments[environment] = nameTable()
    activeParts.removeLast()
    scope = outer
    return result
  }

  private mutating func part(of use: UseSyntax) -> LoadedFile? {
    let name = use.part.text
    if name == plan.name || activeParts.contains(name) {
      let way = (activeParts.drop { $0 != name } + [name]).map { "`\($0)`" }
      report(
        .partCycle, "part `\(name)` would use itself", use.part.range,
        help: way.count > 2
          ? "break the circle: \(way.joined(separator: " uses "))" : "remove this `use`")
      return nil
    }
    guard activeParts.count < Parser.depthLimit else {
      report(
        .tooDeep, "parts use parts more than \(Parser.depthLimit) deep", use.part.range,
        help: "use fewer levels")
      return nil
    }
    let (loaded, isMissing) = loader.part(name)
    if isMissing {
      report(
        .unknownPart, "there is no part called `\(name)`", use.part.range,
        help: Suggestion.help(for: name, among: loader.partNames)
          ?? "it would stand in `parts/\(name).runbook`")
    }
    return loaded
  }

  /// What the parameters of a part mean in one use of it.
  private mutating func bind(_ use: UseSyntax, _ part: LoadedFile) -> [String: Symbol] {
    let parameters = part.tree.parameters
    var symbols: [String: Symbol] = [:]
    var given: Set<String> = []
    // A misspelt argument is not also a missing one.
    var isSure = !use.isDamaged
    for argument in use.arguments {
      let name = argument.name.text
      guard let parameter = parameters.first(where: { $0.name.text == name }) else {
        reportArgument(argument, part)
        isSure = false
        continue
      }
      if !given.insert(name).inserted {
        report(
          .badArgument, "`\(name)` is given twice", argument.name.range, help: "keep one of them")
        continue
      }
      symbols[name] = symbol(of: argument, for: parameter, part)
    }
    let missing = parameters.filter { !given.contains($0.name.text) }
    if let first = missing.first, isSure {
      let names = missing.map { "`\($0.name.text)`" }.joined(separator: ", ")
      report(
        .badArgument, "part `\(use.part.text)` also needs \(names)", use.part.range,
        help:
          "write `use \(use.part.text)(\(parameters.map(\.name.text).joined(separator: ", ")))`",
        notes: [.init(text: "declared here", place: Place(part.file, first.name.range))])
    }
    return symbols
  }

  private mutating func reportArgument(_ argument: UseSyntax.Argument, _ part: LoadedFile) {
    let name = argument.name.text
    guard !part.tree.lostWords.contains(name) else { return }
    let names = part.tree.parameters.map(\.name.text)
    report(
      .badArgument, "part `\(part.tree.name.text)` has no parameter `\(name)`",
      argument.name.range,
      help: Suggestion.help(for: name, among: names)
        ?? (names.isEmpty
          ? "it takes no arguments"
          : "it takes \(names.map { "`\($0)`" }.joined(separator: ", "))"))
  }

  /// nil where it does not fit, which has been reported.
  private mutating func symbol(
    of argument: UseSyntax.Argument, for parameter: ParameterSyntax, _ part: LoadedFile
  ) -> Symbol? {
    let place = Place(part.file, parameter.name.range)
    switch argument.value {
    case .literal(let literal):
      let found = literal.value.type
      guard parameter.kind == .value(found) else {
        return reportKind(shown(found), literal.range, parameter, place)
      }
      return Symbol(
        kind: .value(found), meaning: .literal(literal.value), what: "parameter", place: place,
        mustBeUsed: true)
    case .name(let name):
      guard let given = use(name.text) else {
        if !scope.isDoubtful(name.text) {
          report(
            .unknownName, "nothing is called `\(name.text)`", name.range,
            help: suggestionHelp(for: name.text, among: candidates())
              ?? "declare it, or write a literal")
        }
        return nil
      }
      return symbol(given, name, for: parameter, place)
    }
  }

  private mutating func symbol(
    _ given: Symbol, _ name: Name, for parameter: ParameterSyntax, _ place: Place
  ) -> Symbol? {
    var symbol = given
    symbol.what = "parameter"
    symbol.place = place
    symbol.mustBeUsed = true
    let fits: Bool
    switch (given.kind, parameter.kind) {
    case (.value(let type), .value(let wanted)): fits = type == wanted
    case (.output(let output), .value(let wanted)):
      fits = output.reference.type == wanted
      read(name.text, output, at: name.range, group: nil, isList: true)
      var checked = output
      checked.chains = []
      symbol.kind = .output(checked)
    case (.secret, .secret): fits = true
    case (.group, .hosts):
      fits = group(name) != nil
    case (.value, .hosts), (.value, .secret), (.output, .hosts), (.output, .secret),
      (.secret, .value), (.secret, .hosts), (.group, .value), (.group, .secret),
      (.addresses, _), (.byHost, _):
      fits = false
    }
    if fits { return symbol }
    if case .value(let type) = given.kind {
      return reportKind(shown(type), name.range, parameter, place)
    }
    if case .output(let output) = given.kind {
      return reportKind(shown(output.reference.type), name.range, parameter, place)
    }
    return reportKind(article(given.what), name.range, parameter, place)
  }

  private mutating func reportKind(
    _ found: String, _ range: SourceRange, _ parameter: ParameterSyntax, _ place: Place
  ) -> Symbol? {
    let wanted =
      switch parameter.kind {
      case .value(let type): shown(type)
      case .hosts: "a group of hosts"
      case .secret: "a secret"
      }
    report(
      .typeMismatch, "parameter `\(parameter.name.text)` is \(wanted), and this is \(found)", range,
      help: "give \(wanted), or declare the parameter with another type",
      notes: [.init(text: "declared here", place: place)])
    return nil
  }
}
