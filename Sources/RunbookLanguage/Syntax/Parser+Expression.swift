import RunbookCore

/// Expressions, loosest first: `or`, `and`, `not`, comparisons, operands.
extension Parser {
  /// Operators and parentheses in one expression: it is read by people and walked recursively.
  private static let sizeLimit = 100

  /// An expression; where none stands it is reported and `damaged` returned.
  mutating func expression() -> ExpressionSyntax {
    var size = 0
    let start = current.range
    let expression = disjunction(&size)
    guard size <= Self.sizeLimit else {
      report(
        .tooDeep, "this expression has more than \(Self.sizeLimit) operators", start,
        help: "split it: declare groups, or ask in a step's code")
      return .damaged(start)
    }
    return expression
  }

  private mutating func disjunction(_ size: inout Int) -> ExpressionSyntax {
    var left = conjunction(&size)
    while isWord("or") || lacksConnective {
      if !isWord("or") {
        reportConnective(&size)
        left = .damaged(left.range)
      } else {
        let operation = operatorToken(&size)
        left = join(.or, left, conjunction(&size), operation, size)
      }
    }
    return left
  }

  private mutating func conjunction(_ size: inout Int) -> ExpressionSyntax {
    var left = negation(&size)
    while isWord("and") {
      let operation = operatorToken(&size)
      left = join(.and, left, negation(&size), operation, size)
    }
    return left
  }

  /// Beyond the limit nothing grows, so that neither the tree nor its walks get deep.
  private func join(
    _ operation: ExpressionSyntax.Operator, _ left: ExpressionSyntax, _ right: ExpressionSyntax,
    _ range: SourceRange, _ size: Int
  ) -> ExpressionSyntax {
    size > Self.sizeLimit ? left : .binary(operation, left, right, at: range)
  }

  private mutating func operatorToken(_ size: inout Int) -> SourceRange {
    let range = current.range
    layout[index].insert(.softBreak)
    size += 1
    advance()
    return range
  }

  /// Whether the expression goes on without `and` or `or`, or with one that is misspelt.
  private var lacksConnective: Bool {
    guard !current.isFirstOnLine else { return false }
    switch current.kind {
    // A string before a block is a title that stands too late.
    case .string: return next.kind != .leftBrace
    case .integer, .duration, .leftParenthesis: return true
    case .word:
      if isWord("not") || isWord("true") || isWord("false") { return true }
      return isMisspeltConnective
    case .code, .fence, .leftBrace, .rightBrace, .rightParenthesis, .comma, .colon, .assign,
      .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .end:
      return false
    }
  }

  /// A word between two operands; options and forms may follow an expression too.
  private var isMisspeltConnective: Bool {
    let word = text(current)
    guard currentForm == nil, !beginsOption, !isWord("after"), next.kind != .leftBrace else {
      return false
    }
    return Suggestion.nearest(to: word, among: ["and", "or"]) != nil
      && [.word, .string, .integer, .duration, .leftParenthesis].contains(next.kind)
  }

  /// What follows is parsed for its own mistakes and left out.
  private mutating func reportConnective(_ size: inout Int) {
    let isMisspelt = isMisspeltConnective
    let near = isMisspelt ? Suggestion.nearest(to: text(current), among: ["and", "or"]) : nil
    expected(
      isMisspelt || isWord("not") || isWord("true") || isWord("false")
        ? "`and` or `or`" : "an operator",
      help: near.map { "did you mean `\($0)`?" } ?? "write `and` or `or` between two conditions")
    size += 1
    if isMisspelt {
      lose(current)
      advance()
    }
    let reported = diagnostics.count
    _ = size > Self.sizeLimit ? skipOperand() : conjunction(&size)
    diagnostics.removeSubrange(min(reported, diagnostics.count)...)
  }

  private mutating func negation(_ size: inout Int) -> ExpressionSyntax {
    if isMisspeltNot {
      expected("a value", help: "did you mean `not`?")
      lose(current)
      advance()
      return .damaged(negation(&size).range)
    }
    guard isWord("not") else { return comparison(&size) }
    let range = current.range
    size += 1
    guard size <= Self.sizeLimit else { return skipOperand() }
    advance()
    let operand = negation(&size)
    return .not(operand, range.through(operand.range))
  }

  /// A word before an operand.
  private var isMisspeltNot: Bool {
    guard current.kind == .word, !next.isFirstOnLine, !isWord("in", next), !isWord("not", next),
      next.kind == .leftParenthesis || next.kind == .word && !isOption(at: index + 1),
      !isWord("and", next), !isWord("or", next), isName()
    else { return false }
    return text(current) != "not" && Suggestion.nearest(to: text(current), among: ["not"]) != nil
      && next.form == nil
  }

  private mutating func comparison(_ size: inout Int) -> ExpressionSyntax {
    var left = operand(&size)
    var isChained = false
    if isWord("not"), isWord("in", next) {
      report(
        .unexpectedToken, "`not in` is no comparison", current.range.through(next.range),
        help: "write `not` before it: `not a in \"…\"`")
      advance()
    } else if lacksComparison {
      expected(
        "a comparison", help: "write `==`, `!=`, `<`, `<=`, `>`, `>=` or `in` before it")
      size += 1
      var range = left.range.through(operand(&size).range)
      // What the two were to be compared with belongs to the same mistake.
      while size <= Self.sizeLimit, comparisonOperator(current) != nil {
        size += 1
        advance()
        range = range.through(operand(&size).range)
      }
      return .damaged(range)
    }
    while let operation = comparisonOperator(current) {
      let range = current.range
      if isChained {
        report(
          .chainedComparison, "comparisons are not chained", range,
          help: "write `a < b and b < c`")
      }
      if current.kind == .assign {
        report(
          .unexpectedToken, "`=` compares nothing", range, help: "a comparison is written `==`")
      }
      size += 1
      advance()
      let right = operand(&size)
      left = isChained || size > Self.sizeLimit ? left : .binary(operation, left, right, at: range)
      isChained = true
    }
    return left
  }

  /// Whether another operand follows, where a comparison has to stand between the two.
  private var lacksComparison: Bool {
    guard !current.isFirstOnLine else { return false }
    if [.string, .integer, .duration].contains(current.kind) { return true }
    return current.kind == .word && isAfterArithmetic
  }

  /// Whether the sign of a calculation stands before the current token, which has been told.
  private var isAfterArithmetic: Bool {
    guard current.isDamaged, index > 0 else { return false }
    return bytes[tokens[index - 1].end..<current.start].contains { "+-*%".utf8.contains($0) }
  }

  func comparisonOperator(_ token: Token) -> ExpressionSyntax.Operator? {
    switch token.kind {
    case .equal, .assign: .equal
    case .unequal: .unequal
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .word: isWord("in", token) ? .isWordOf : nil
    case .string, .code, .fence, .integer, .duration, .leftBrace, .rightBrace, .leftParenthesis,
      .rightParenthesis, .comma, .colon, .end:
      nil
    }
  }

  private mutating func operand(_ size: inout Int) -> ExpressionSyntax {
    if let literal = literal() { return .literal(literal) }
    if current.kind == .leftParenthesis { return parentheses(&size) }
    let words: [StaticString] = ["and", "or", "in", "not"]
    if isName(beforeBlock: true), !words.contains(where: { isWord($0) }) {
      let name = Name(text: text(current), range: current.range)
      advance()
      return .name(name)
    }
    let range = current.range
    expected("a value", help: "a value is a name, a literal or an expression in parentheses")
    return .damaged(range)
  }

  private mutating func parentheses(_ size: inout Int) -> ExpressionSyntax {
    let open = current.range
    size += 1
    guard size <= Self.sizeLimit else { return skipOperand() }
    advance()
    let reported = diagnostics.count
    let inner = disjunction(&size)
    guard current.kind == .rightParenthesis else {
      if size <= Self.sizeLimit, diagnostics.count == reported {
        report(
          .unclosedBlock, "this parenthesis is never closed", open, help: "close it with `)`")
      }
      return inner
    }
    let range = open.through(current.range)
    advance()
    return .parentheses(inner, range)
  }

  /// Steps over the rest of an expression that is too deep.
  private mutating func skipOperand() -> ExpressionSyntax {
    let range = current.range
    var depth = 0
    while current.kind != .end, current.kind != .leftBrace, current.kind != .rightBrace,
      !beginsForm
    {
      if current.kind == .leftParenthesis { depth += 1 }
      if current.kind == .rightParenthesis {
        if depth == 0 { break }
        depth -= 1
      }
      lose(current)
      advance()
    }
    return .damaged(range)
  }
}
