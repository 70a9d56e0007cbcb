import RunbookCore

/// Walks a file once for its outline and reports what is wrong with its shape: two statements of one
/// name, `after` that leads nowhere or in a circle, empty blocks.
struct OutlineBuilder {
  let file: SourceFile
  private let tree: FileSyntax
  private(set) var outline = Outline()
  private(set) var diagnostics: [Diagnostic] = []

  init(_ file: SourceFile, _ tree: FileSyntax) {
    self.file = file
    self.tree = tree
    var names: [String: Name] = [:]
    names.reserveCapacity(tree.body.statements.count)
    let continues = tree.body.onFailure == .continue
    let root = Chain(links: [
      .init(node: -1, kind: .sequence(continues: continues), child: 0, isConditional: false)
    ])
    sequence(tree.body.statements, chain: root, path: "", names: &names)
    if tree.kind != .site {
      checkEmpty(tree.body, "this \(tree.kind == .part ? "part" : "runbook")", tree.name.range)
    }
  }

  private mutating func sequence(
    _ statements: [StatementSyntax], chain: Chain, path: String, names: inout [String: Name]
  ) {
    var chain = chain
    for (index, item) in statements.enumerated() {
      chain.links[chain.links.count - 1].child = index
      statement(item, chain: chain, path: path, names: &names)
    }
  }

  private mutating func statement(
    _ statement: StatementSyntax, chain: Chain, path: String, names: inout [String: Name],
    isAlternative: Bool = false
  ) {
    if let name = statement.name { claim(name, in: &names) }
    switch statement {
    case .step(let step):
      checkAfter(step, chain)
      write(step, chain: chain, path: path)
    case .phase(let phase):
      let phase = phase.value
      var inner: [String: Name] = [:]
      let link = Chain.Link(
        node: phase.keyword.start,
        kind: .sequence(continues: phase.body.onFailure == .continue), child: 0,
        isConditional: phase.when != nil && !isAlternative)
      checkEmpty(phase.body, "phase `\(phase.name.text)`", phase.name.range)
      sequence(
        phase.body.statements, chain: chain.adding(link), path: path + phase.name.text + "/",
        names: &inner)
    case .use(let use):
      let use = use.value
      let link = Chain.Link(
        node: use.keyword.start, kind: .sequence(continues: false), child: 0,
        isConditional: use.when != nil && !isAlternative)
      outline.uses.append(.init(syntax: use, chain: chain.adding(link)))
    case .parallel(let shared, let keyword):
      let block = shared.value
      checkEmpty(block, "this `parallel` block", keyword)
      let node = keyword.start
      outline.edges[node] = edges(of: block)
      branches(
        block, chain, Chain.Link(node: node, kind: .parallel, child: 0, isConditional: false),
        path: path, names: &names)
    case .rolling(let rolling):
      let rolling = rolling.value
      checkEmpty(rolling.body, "this `rolling` block", rolling.keyword)
      let link = Chain.Link(
        node: rolling.keyword.start,
        kind: .sequence(continues: rolling.body.onFailure == .continue), child: 0,
        isConditional: false)
      sequence(rolling.body.statements, chain: chain.adding(link), path: path, names: &names)
    case .firstOf(let shared, let keyword):
      let block = shared.value
      checkAlternatives(block, keyword)
      let kind = Chain.Kind.alternatives(block.statements.count)
      branches(
        block, chain, Chain.Link(node: keyword.start, kind: kind, child: 0, isConditional: false),
        path: path, names: &names, isAlternative: true)
    case .found(let hosts): outline.found.append(hosts.value)
    }
  }

  private mutating func branches(
    _ block: BlockSyntax, _ chain: Chain, _ link: Chain.Link, path: String,
    names: inout [String: Name], isAlternative: Bool = false
  ) {
    var chain = chain.adding(link)
    for (index, item) in block.statements.enumerated() {
      chain.links[chain.links.count - 1].child = index
      statement(item, chain: chain, path: path, names: &names, isAlternative: isAlternative)
    }
  }

  private mutating func write(_ step: StepSyntax, chain: Chain, path: String) {
    for output in step.outputs {
      let isSkipped = step.when != nil || !step.unless.isEmpty && output.source == nil
      let link = Chain.Link(
        node: step.keyword.start, kind: .step(continues: step.onFailure == .continue), child: 0,
        isConditional: isSkipped)
      outline.writers.append(
        .init(
          output: output, path: path + step.name.text, group: step.group,
          chain: chain.adding(link)))
    }
  }

  /// Names of statements are unique within the path they make.
  private mutating func claim(_ name: Name, in names: inout [String: Name]) {
    if let first = names.updateValue(name, forKey: name.text) {
      names[name.text] = first
      diagnostics.append(
        Diagnostic(
          .duplicateStep, "`\(name.text)` is already the name of a statement here",
          at: Place(file, name.range), help: "give it another name; `use` takes `as NAME`",
          notes: [.init(text: "the first one", place: Place(file, first.range))]))
    }
  }

  // MARK: - Blocks

  private mutating func checkEmpty(_ block: BlockSyntax, _ shown: String, _ range: SourceRange) {
    guard block.statements.isEmpty, !block.isDamaged, !tree.lacksBrace else { return }
    diagnostics.append(
      Diagnostic(
        .emptyBlock, "\(shown) holds no steps", at: Place(file, range),
        help: "add a step, or remove it"))
  }

  private mutating func checkAlternatives(_ block: BlockSyntax, _ keyword: SourceRange) {
    guard block.statements.count < 2, !block.isDamaged, !tree.lacksBrace else { return }
    diagnostics.append(
      Diagnostic(
        .alternatives, "`first of` needs at least two alternatives", at: Place(file, keyword),
        help: "each is a `phase` or a `use`; they are tried in order until one succeeds"))
  }

  // MARK: - Order

  private mutating func checkAfter(_ step: StepSyntax, _ chain: Chain) {
    guard let first = step.after.first, chain.links.last?.kind != .parallel else { return }
    diagnostics.append(
      Diagnostic(
        .misplacedForm, "`after` orders only the statements of a `parallel` block",
        at: Place(file, first.range),
        help: "elsewhere the order of reading is the order of execution; remove `after`"))
  }

  /// Which branches each one waits for; a circle is reported at its first statement.
  private mutating func edges(of block: BlockSyntax) -> [[Int]] {
    var branches: [String: Int] = [:]
    for (index, statement) in block.statements.enumerated() {
      if let name = statement.name, branches[name.text] == nil { branches[name.text] = index }
    }
    var edges: [[Int]] = []
    for statement in block.statements {
      guard case .step(let step) = statement else {
        edges.append([])
        continue
      }
      edges.append(step.after.compactMap { branch($0, in: branches) })
    }
    for cycle in CycleFinder(edges).cycles() { report(cycle, in: block) }
    return edges
  }

  private mutating func branch(_ name: Name, in branches: [String: Int]) -> Int? {
    if let index = branches[name.text] { return index }
    if !tree.lacksName, !tree.lostWords.contains(name.text) {
      diagnostics.append(
        Diagnostic(
          .unknownStep, "no statement of this `parallel` block is called `\(name.text)`",
          at: Place(file, name.range),
          help: Suggestion.help(for: name.text, among: branches.keys.sorted())
            ?? "`after` names statements of the same block"))
    }
    return nil
  }

  private mutating func report(_ cycle: [Int], in block: BlockSyntax) {
    let names = cycle.compactMap { block.statements[$0].name }
    guard let first = names.first else { return }
    let way = (names + [first]).map { "`\($0.text)`" }.joined(separator: " after ")
    diagnostics.append(
      Diagnostic(
        .orderCycle, "`\(first.text)` waits for itself", at: Place(file, first.range),
        help: names.count == 1 ? "remove `after \(first.text)`" : "break the circle: \(way)"))
  }
}
