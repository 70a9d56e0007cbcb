/// Uses of parts, and what stands too late or nowhere in a header.
extension Parser {
  /// `use PART [(a: value, b)] [as NAME] [when EXPR]`
  mutating func use() -> UseSyntax? {
    let documentation = documentation(before: index)
    let keyword = current.range
    advance()
    guard let part = reference("the name of a part", before: "as", "when") else { return nil }
    var use = UseSyntax(keyword: keyword, part: part, documentation: documentation)
    let lacksParenthesis =
      current.kind == .word && next.kind == .colon && !current.isFirstOnLine
    if lacksParenthesis { expected("`(`") }
    if current.kind == .leftParenthesis || lacksParenthesis { arguments(of: &use) }
    if lacksParenthesis { use.isDamaged = true }
    var options = Options("as", "when")
    repeat {
      while let option = option(&options) {
        switch option.name {
        case "as": use.alias = stepName("the name of this use", before: "when")
        case _: use.when = expression()
        }
      }
    } while skipOn(
      "`use`", help: "write it on the steps of the part, which takes groups as `(g: hosts)`")
    skipAfter("`use`")
    return use
  }

  /// `on GROUP` where no step has it, with its group; false where none stands here.
  mutating func skipOn(_ what: String, help: String = "write it on its steps") -> Bool {
    guard isWord("on"), !isWord("failure", next), !current.isFirstOnLine else { return false }
    report(.misplacedForm, "\(what) has no `on`", current.range, help: help)
    advance()
    if current.kind == .word, !current.isFirstOnLine, !isWord("when"), !isWord("after") {
      lose(current)
      advance()
    }
    return true
  }

  mutating func lateTitle() -> StringSyntax? {
    guard current.kind == .string, !current.isFirstOnLine else { return nil }
    report(
      .formOrder, "the title stands too late", current.range,
      help: "write it right behind the name")
    return string()
  }

  /// `after` where no step has it.
  mutating func skipAfter(_ what: String) {
    guard isWord("after"), !current.isFirstOnLine else { return }
    report(
      .misplacedForm, "\(what) has no `after`", current.range,
      help: "only steps of a `parallel` block wait by name; elsewhere the order of reading counts")
    advance()
    for name in afterNames() { lostWords.insert(name.text) }
  }

  private mutating func arguments(of use: inout UseSyntax) {
    let open = current
    if current.kind == .leftParenthesis {
      layout[index].insert(.call)
      advance()
    }
    while current.kind != .rightParenthesis {
      if isUnclosed(open) {
        use.isDamaged = true
        return
      }
      guard let argument = argument() else {
        use.isDamaged = true
        return lose(untilClosing: true)
      }
      use.arguments.append(argument)
      if current.kind == .comma {
        advance()
        layout[index].insert(.softBreak)
      } else if current.kind != .rightParenthesis {
        use.isDamaged = true
        if isUnclosed(open) { return }
        expected("`,` or `)`")
        return lose(untilClosing: true)
      }
    }
    advance()
  }

  /// Whether a list in parentheses has no end, which is reported where it opened.
  mutating func isUnclosed(_ open: Token) -> Bool {
    guard open.kind == .leftParenthesis, leavesList else { return false }
    lacksSomething = true
    report(
      .unclosedBlock, "this parenthesis is never closed", open.range, help: "close it with `)`")
    return true
  }

  /// Whether what stands here can't be in parentheses.
  private var leavesList: Bool {
    switch current.kind {
    case .leftBrace, .rightBrace: true
    case .word:
      beginsForm && !isName()
        || (isWord("as") || isWord("when")) && next.kind == .word && !next.isFirstOnLine
    case .string, .code, .fence, .integer, .duration, .leftParenthesis, .rightParenthesis, .comma,
      .colon, .assign, .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .end:
      false
    }
  }

  /// `a: value`, or `b` for `b: b`.
  private mutating func argument() -> UseSyntax.Argument? {
    guard let name = reference("an argument", help: "write `parameter: value`") else {
      return nil
    }
    guard current.kind == .colon else {
      if current.kind == .comma || current.kind == .rightParenthesis || leavesList {
        return .init(name: name, value: .name(name))
      }
      lose(tokens[index - 1])
      expected("`:`, `,` or `)`")
      return nil
    }
    advance()
    if let literal = literal() { return .init(name: name, value: .literal(literal)) }
    return reference("a value").map { .init(name: name, value: .name($0)) }
  }
}
