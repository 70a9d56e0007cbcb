import RunbookCore

/// Steps, phases, uses and blocks; the bodies of steps have a file of their own.
extension Parser {
  /// One declaration or statement, put into `block`, which is marked where it makes no sense.
  mutating func parseItem(_ form: Form, of kind: BlockKind, into block: inout BlockSyntax) {
    let start = index
    switch form {
    case .inventory: declare(inventory().map(DeclarationSyntax.inventory), in: &block)
    case .input: declare(input().map(DeclarationSyntax.input), in: &block)
    case .secret: declare(secret().map(DeclarationSyntax.secret), in: &block)
    case .shell: declare(shell().map { .shell($0.0, $0.1) }, in: &block)
    case .lock: declare(lock().map(DeclarationSyntax.lock), in: &block)
    case .report: declare(reportDeclaration().map(DeclarationSyntax.report), in: &block)
    case .hosts: declareHosts(in: &block, of: kind)
    case .step: state(step().map { .step($0) }, in: &block)
    case .phase: state(phase().map { .phase(Shared($0)) }, in: &block)
    case .use: state(use().map { .use(Shared($0)) }, in: &block)
    case .rolling: state(rolling().map { .rolling(Shared($0)) }, in: &block)
    case .parallel:
      let keyword = current.range
      advance()
      let body = self.block(.parallel, title: "`parallel`")
      block.statements.append(.parallel(Shared(body), keyword: keyword))
    case .first:
      let keyword = current.range
      advance()
      guard require("of") else {
        block.isDamaged = true
        return
      }
      let body = self.block(.alternatives, title: "`first of`")
      block.statements.append(.firstOf(Shared(body), keyword: keyword))
    case .on:
      guard let policy = onFailure() else {
        block.isDamaged = true
        break
      }
      if block.onFailure != nil { reportRepeated(form, tokens[start].range, in: kind.shown) }
      block.onFailure = policy
    case .require, .unless, .run, .write, .stash, .upload, .confirm, .check, .rollback, .no,
      .output, .retry, .timeout, .as, .if, .content, .mode, .owner:
      // Already reported as misplaced; parsed to know where it ends.
      skipStepForm(form)
    }
    if block.isDamaged { for token in tokens[start..<index] { lose(token) } }
  }

  private mutating func declare(_ declaration: DeclarationSyntax?, in block: inout BlockSyntax) {
    if let declaration {
      block.declarations.append(declaration)
    } else {
      block.isDamaged = true
    }
  }

  private mutating func state(_ statement: StatementSyntax?, in block: inout BlockSyntax) {
    if let statement { block.statements.append(statement) } else { block.isDamaged = true }
  }

  /// Hosts that are found while running are a statement, all others are declared for the file.
  private mutating func declareHosts(in block: inout BlockSyntax, of kind: BlockKind) {
    let keyword = current.range
    guard let hosts = hosts() else {
      block.isDamaged = true
      return
    }
    switch hosts.selection {
    case .found:
      if kind == .site {
        report(
          .misplacedForm, "hosts can't be found from an output here", keyword,
          help: "the site file has no outputs; declare the group in the runbook")
        lostWords.insert(hosts.name.text)
      } else {
        block.statements.append(.found(Shared(hosts)))
      }
    case .condition, .names:
      if kind == .phase || kind == .rolling {
        report(
          .misplacedForm, "groups are declared directly in the file's block", keyword,
          help: "move it there; only `hosts NAME in GROUP from output NAME` stands here")
        lostWords.insert(hosts.name.text)
      } else {
        block.declarations.append(.hosts(hosts))
      }
    case .damaged: lostWords.insert(hosts.name.text)
    }
  }

  private mutating func phase() -> PhaseSyntax? {
    let documentation = documentation(before: index)
    let keyword = current.range
    advance()
    guard let name = stepName("the name of a phase", before: "when") else {
      return nameless(block: .phase, "the phase")
    }
    var phase = PhaseSyntax(keyword: keyword, name: name, documentation: documentation)
    if current.kind == .string { phase.title = string() }
    var options = Options("when")
    repeat {
      while option(&options) != nil { phase.when = expression() }
    } while skipOn("a phase")
    skipAfter("a phase")
    if let title = lateTitle() { phase.title = title }
    phase.body = block(.phase, title: BlockTitle("phase", name.text))
    return phase
  }

  /// The block of something whose name is missing is parsed for its own mistakes, then left out.
  mutating func nameless<Lost>(block kind: BlockKind, _ title: BlockTitle) -> Lost? {
    while current.kind != .leftBrace, current.kind != .rightBrace, current.kind != .end,
      !beginsForm
    {
      advance()
    }
    if current.kind == .leftBrace { _ = block(kind, title: title) }
    return nil
  }

  /// `rolling GROUP by N { … }`
  private mutating func rolling() -> RollingSyntax? {
    let keyword = current.range
    advance()
    guard let group = reference("the name of a group", before: "by"), require("by"),
      let size = count("how many hosts at a time")
    else { return nameless(block: .rolling, "`rolling`") }
    var rolling = RollingSyntax(keyword: keyword, group: group, size: size)
    rolling.body = block(.rolling, title: "`rolling \(group.text)`")
    return rolling
  }

  /// `step NAME ["title"] [on GROUP] [after A, B] [when EXPR] { … }`
  private mutating func step() -> StepSyntax? {
    let documentation = documentation(before: index)
    let keyword = current.range
    advance()
    guard let name = stepName("the name of a step", before: "on", "after", "when") else {
      while current.kind != .leftBrace, current.kind != .rightBrace, current.kind != .end,
        !beginsForm
      {
        advance()
      }
      if current.kind == .leftBrace {
        let lost = StepSyntax(
          keyword: keyword, name: Name(text: "", range: keyword), documentation: "")
        stepBody(of: lost)
      }
      return nil
    }
    let step = StepSyntax(keyword: keyword, name: name, documentation: documentation)
    if current.kind == .string { step.title = string() }
    header(of: step)
    stepBody(of: step)
    return step
  }

  private mutating func header(of step: StepSyntax) {
    var options = Options.ofStep
    while true {
      if let option = option(&options) {
        switch option.name {
        case "on": step.group = groupOfStep()
        case "after": step.after += afterNames()
        case _: step.when = expression()
        }
      } else if current.kind == .word, !current.isFirstOnLine, currentForm == nil,
        step.group == nil, options.seen == 0
      {
        expected("`on` or `{`", help: "write `on \(text(current))`")
        step.group = groupOfStep()
      } else if let title = lateTitle() {
        step.title = title
      } else {
        return
      }
    }
  }

  /// One that is missing is taken as given, so that nothing is said about hosts on top.
  private mutating func groupOfStep() -> Name {
    if let group = reference(
      "the name of a group", before: "after", "when", beforeBlock: true)
    {
      return group
    }
    lostWords.insert("")
    return Name(text: "", range: current.range)
  }

  mutating func afterNames() -> [Name] {
    var names: [Name] = []
    while let name = reference("the name of a step", before: "when", beforeBlock: true) {
      names.append(name)
      guard current.kind == .comma else { break }
      advance()
      layout[index].insert(.softBreak)
    }
    return names
  }
}
