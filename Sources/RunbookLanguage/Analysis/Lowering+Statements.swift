import RunbookCore

/// Phases, uses and blocks.
extension Lowering {
  /// The statements of a sequence, the chain standing at its block.
  mutating func statements(_ statements: [StatementSyntax]) -> [Statement] {
    var result: [Statement] = []
    // Statements are large to move.
    result.reserveCapacity(statements.count)
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
    case .phase(let phase): .scope(lower(phase.value))
    case .use(let use): lower(use.value).map { .scope($0) }
    case .parallel(let block, let keyword): parallel(block.value, keyword)
    case .rolling(let rolling): lower(rolling.value)
    case .firstOf(let block, let keyword): firstOf(block.value, keyword)
    case .found(let hosts): found(hosts.value)
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
    guard case .found(let groupName, let outputName) = hosts.selection else {
      scope.lostWords.insert(hosts.name.text)
      return nil
    }
    let within = group(groupName)
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
    noteShown(outputName.text, output, outputName.range)
    let told = loader.diagnostics.all.count
    read(outputName.text, output, at: outputName.range, group: nil, isList: true)
    if loader.diagnostics.all.count > told { scope.brokenGroups.insert(hosts.name.text) }
    if output.reference.type != .string, !symbol.isUntyped {
      report(
        .typeMismatch, "`\(outputName.text)` is \(shown(output.reference.type)), not a string",
        outputName.range, help: "it must hold names of hosts, separated by blanks or lines")
    }
    guard let within else {
      scope.lostWords.insert(hosts.name.text)
      return nil
    }
    add(hosts, .found(within: within.id, output: output.reference))
    return .group(scope.filePrefix + hosts.name.text)
  }
}
