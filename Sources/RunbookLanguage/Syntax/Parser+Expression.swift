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
    while isWord("or") {
      let operation = operatorToken(&size)
      left = join(.or, left, conjunction(&size), operation, size)
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

  private mutating func negation(_ size: inout Int) -> ExpressionSyntax {
    guard isWord("not") else { return comparison(&size) }
    let range = current.range
    size += 1
    guard size <= Self.sizeLimit else { return skipOperand() }
    advance()
    let operand = negation(&size)
    return .not(operand, range.through(operand.range))
  }

  private mutating func comparison(_ size: inout Int) -> ExpressionSyntax {
    var left = operand(&size)
    var isChained = false
    while let operation = comparisonOperator() {
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

  private func comparisonOperator() -> ExpressionSyntax.Operator? {
    switch current.kind {
    case .equal, .assign: .equal
    case .unequal: .unequal
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .word: isWord("in") ? .isWordOf : nil
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
