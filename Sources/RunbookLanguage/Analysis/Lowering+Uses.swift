import RunbookCore

/// Uses of parts: their steps put in place, their parameters given a meaning.
extension Lowering {
  mutating func lower(_ use: UseSyntax) -> Scope? {
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
    activeUses.append(Place(scope.file, use.part.range))
    open(part, prefix: path + "/", environment: environment, parameters: arguments)
    declareAll()
    lowerDeclarations()
    result.body = statements(part.tree.body.statements)
    checkUnused()
    plan.environments[environment] = nameTable()
    activeParts.removeLast()
    activeUses.removeLast()
    scope = outer
    return result
  }

  private mutating func part(of use: UseSyntax) -> LoadedFile? {
    let name = use.part.text
    if let start = activeParts.firstIndex(of: name) {
      let way = (activeParts[start...] + [name]).map { "`\($0)`" }
      // The circle begins where the part leaves for the next one.
      let first = start + 1 < activeUses.count ? activeUses[start + 1] : nil
      loader.diagnostics.report(
        Diagnostic(
          .partCycle, "part `\(name)` would use itself",
          at: first ?? Place(scope.file, use.part.range),
          help: way.count > 2
            ? "break the circle: \(way.joined(separator: " uses "))" : "remove this `use`"))
      return nil
    }
    guard activeParts.count < Parser.depthLimit else {
      report(
        .tooDeep, "parts use parts more than \(Parser.depthLimit) deep", use.part.range,
        help: "use fewer levels")
      return nil
    }
    let (loaded, isMissing) = loader.part(name)
    if isMissing, missingParts.insert(name).inserted {
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
      if !parameter.isDamaged { symbols[name] = symbol(of: argument, for: parameter, part) }
    }
    let missing = parameters.filter { !given.contains($0.name.text) && !$0.isDamaged }
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
      if literal.isDamaged { return nil }
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
    var kind = given.kind
    let fits: Bool
    switch (given.kind, parameter.kind) {
    case (.value(let type), .value(let wanted)): fits = type == wanted || given.isUntyped
    case (.output(let output), .value(let wanted)):
      fits = output.reference.type == wanted || given.isUntyped
      read(name.text, output, at: name.range, group: nil, isList: true)
      var checked = output
      checked.chains = []
      kind = .output(checked)
    case (.secret, .secret): fits = true
    case (.group, .hosts):
      fits = group(name) != nil
    case (.value, .hosts), (.value, .secret), (.output, .hosts), (.output, .secret),
      (.secret, .value), (.secret, .hosts), (.group, .value), (.group, .secret),
      (.addresses, _), (.byHost, _):
      fits = false
    }
    if fits { return given.with(kind: kind, what: "parameter", place: place, mustBeUsed: true) }
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
