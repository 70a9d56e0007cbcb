import RunbookCore

/// The forms of a step.
extension Parser {
  /// The braces of a step with its forms.
  mutating func stepBody(of step: StepSyntax) {
    var seen = FormSet()
    let title =
      step.name.text.isEmpty ? "the step" : BlockTitle("step", step.name.text)
    let range = braces(.step, title: title) { parser in
      while let form = parser.nextForm(in: .step, isDamaged: &step.isDamaged) {
        let start = parser.index
        guard BlockKind.step.allows(form) else {
          step.isDamaged = true
          parser.reportMisplaced(form, in: .step)
          parser.skip(form)
          for token in parser.tokens[start..<parser.index] { parser.lose(token) }
          continue
        }
        // Of some several are read in order.
        if !Self.repeatable.contains(form), !seen.insert(form) {
          parser.reportRepeated(form, parser.current.range, in: "this step")
        }
        if !parser.stepForm(form, into: step) {
          step.isDamaged = true
          parser.recover()
          for token in parser.tokens[start..<parser.index] { parser.lose(token) }
        }
      }
    }
    step.range = range ?? SourceRange(0, 0)
    if range == nil { step.isDamaged = true }
  }

  private static let repeatable = FormSet([.require, .unless, .check, .output])

  /// A form of another block is parsed to know where it ends, and forgotten.
  mutating func skip(_ form: Form) {
    if form == .content || form == .mode || form == .owner { return skipStepForm(form) }
    var lost = BlockSyntax()
    guard openBlocks.count < Self.depthLimit else {
      advance()
      return recover()
    }
    parseItem(form, of: .phase, into: &lost)
    if lost.isDamaged { recover() }
  }

  /// A form of a step in another place.
  mutating func skipStepForm(_ form: Form) {
    if form == .content || form == .mode || form == .owner {
      advance()
      return recover()
    }
    let lost = StepSyntax(
      keyword: current.range, name: Name(text: "", range: current.range), documentation: "")
    if !stepForm(form, into: lost) { recover() }
  }

  /// One form; false where it makes no sense and the rest of it is to be stepped over.
  private mutating func stepForm(_ form: Form, into step: StepSyntax) -> Bool {
    let keyword = current.range
    switch form {
    case .require:
      advance()
      return add(check(.remedy, of: form), to: &step.requires)
    case .unless:
      advance()
      return add(check([], of: form), to: &step.unless)
    case .check:
      advance()
      return add(check(.all, of: form), to: &step.checks)
    case .run, .write, .stash, .upload, .confirm: return action(form, into: step)
    case .rollback, .no: return rollback(form, into: step)
    case .output: return output(into: step)
    case .retry: return retry(into: step)
    case .timeout:
      advance()
      guard let amount = time("a duration") else { return false }
      step.timeout = TimeoutSyntax(keyword: keyword, amount: amount)
    case .as:
      advance()
      guard let user = requiredString("the name of a user") else { return false }
      step.user = user
    case .if:
      advance()
      step.rerunIfInterrupted = keyword
      return require("interrupted") && require("rerun")
    case .on:
      guard let policy = onFailure() else { return false }
      step.onFailure = policy
    case .inventory, .input, .secret, .hosts, .shell, .lock, .report, .step, .phase, .use,
      .parallel, .rolling, .first, .content, .mode, .owner:
      preconditionFailure("\(form) is no form of a step")
    }
    return true
  }

  private func add(_ check: CheckSyntax?, to list: inout [CheckSyntax]) -> Bool {
    guard let check else { return false }
    list.append(check)
    return true
  }

  /// `rollback CODE`, `rollback { run CODE check CHECK }` or `no rollback "why"`.
  private mutating func rollback(_ form: Form, into step: StepSyntax) -> Bool {
    let keyword = current.range
    advance()
    var rollback = RollbackSyntax.damaged
    if form == .no {
      // Written as one word it has been told, and is taken as both.
      guard formWord(keyword) != "no" || require("rollback"),
        let reason = requiredString("why there is none")
      else {
        step.rollback = step.rollback ?? .damaged
        return false
      }
      rollback = .refused(reason, keyword: keyword.through(tokens[index - 2].range))
    } else if current.kind == .leftBrace || isWord("run") && lacksBraceOnLine {
      rollback = rollbackBlock(keyword)
    } else {
      if isWord("run"), !current.isFirstOnLine {
        expected("code or `{`", help: "write `rollback` and its code, without `run`")
        advance()
        guard current.kind == .code || current.kind == .fence else { return false }
      }
      guard let code = requiredCode("code or `{`") else {
        step.rollback = step.rollback ?? .damaged
        return false
      }
      rollback = .code(code, checks: [], keyword: keyword)
    }
    if let first = step.rollback?.keyword, formWord(first).first != formWord(keyword).first {
      report(
        .repeatedForm, "a step has one way back, and this is its second", keyword,
        help: "keep `rollback` or `no rollback`",
        notes: [.init(text: "the first one", place: Place(file, first))])
    }
    step.rollback = rollback
    return true
  }

  private mutating func rollbackBlock(_ keyword: SourceRange) -> RollbackSyntax {
    var code: CodeSyntax?
    var checks: [CheckSyntax] = []
    var isDamaged = false
    let range = braces(.rollback, title: "`rollback`") { parser in
      while let form = parser.nextForm(in: .rollback, isDamaged: &isDamaged) {
        var isWhole = true
        if form == .run {
          if code != nil {
            parser.reportRepeated(.run, parser.current.range, in: "this `rollback`")
          }
          parser.advance()
          code = parser.requiredCode("code")
          isWhole = code != nil
        } else if form == .check {
          parser.advance()
          let check = parser.check([.within, .every, .remedy], of: .check)
          isWhole = parser.add(check, to: &checks)
        } else {
          isDamaged = true
          parser.reportMisplaced(form, in: .rollback)
          parser.skip(form)
        }
        guard !isWhole else { continue }
        isDamaged = true
        parser.recover()
      }
    }
    if let code { return .code(code, checks: checks, keyword: keyword) }
    if !isDamaged, range != nil {
      report(
        .emptyBlock, "this `rollback` runs nothing", keyword, help: "write `run` with its code")
    }
    return .damaged
  }

  /// `output NAME [: TYPE] [= DEFAULT] [from CODE]`
  private mutating func output(into step: StepSyntax) -> Bool {
    advance()
    let following: [Token.Kind] = [.assign, .colon, .word, .rightBrace, .end]
    guard let name = valueName("the name of an output", before: "from", following: following)
    else { return false }
    var output = OutputSyntax(name: name)
    (output.type, output.defaultValue, output.isUntyped) = typeAndDefault(name)
    var options = Options.ofOutput
    while option(&options) != nil {
      output.source = requiredCode("code")
      if output.source == nil { step.isDamaged = true }
    }
    step.outputs.append(output)
    return true
  }

  /// `retry N [every D [up to D]]`
  private mutating func retry(into step: StepSyntax) -> Bool {
    let keyword = current.range
    advance()
    guard let attempts = count("how many attempts") else { return false }
    var retry = RetrySyntax(keyword: keyword, attempts: attempts)
    var options = Options.ofRetry
    while let option = option(&options) {
      switch option.name {
      case "every":
        retry.every = time("a duration")
        // Without its first word, `up to` is told apart from nothing else.
        if isWord("to"), !current.isFirstOnLine {
          expected("`up to`")
          advance()
          retry.upTo = time("a duration")
        }
      case _:
        guard require("to") else { return false }
        retry.upTo = time("a duration")
        if !has("every", in: options) {
          report(
            .formOrder, "`up to` needs `every`", option.range,
            help: "write `retry 5 every 2s up to 1m`")
        }
      }
    }
    step.retry = retry
    return true
  }
}
