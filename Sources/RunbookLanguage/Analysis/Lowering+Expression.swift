import RunbookCore

/// Expressions with their types.
extension Lowering {
  /// An expression that must be true or false; nil with a report.
  mutating func condition(_ syntax: ExpressionSyntax, _ context: ReadingContext) -> Expression? {
    guard let (expression, type) = lower(syntax, context) else { return nil }
    return isTruth(type, syntax) ? expression : nil
  }

  private typealias Typed = (expression: Expression, type: ValueType)

  private mutating func isTruth(_ type: ValueType, _ syntax: ExpressionSyntax) -> Bool {
    if type == .bool { return true }
    var name = "…"
    if case .name(let written) = syntax { name = written.text }
    report(
      .notACondition, "a condition is true or false, and this is \(shown(type))", syntax.range,
      help: "compare it: `\(name) == \(example(type))`")
    return false
  }

  private func example(_ type: ValueType) -> String {
    switch type {
    case .string: "\"…\""
    case .int: "1"
    case .bool: "true"
    case .duration: "30s"
    }
  }

  private mutating func lower(_ syntax: ExpressionSyntax, _ context: ReadingContext) -> Typed? {
    switch syntax {
    case .literal(let literal):
      return literal.isDamaged ? nil : (.literal(literal.value), literal.value.type)
    case .name(let name): return self.name(name, context)
    case .not(let operand, _):
      guard let (inner, type) = lower(operand, context), isTruth(type, operand) else { return nil }
      return (.not(inner), .bool)
    case .parentheses(let inner, _): return lower(inner, context)
    case .damaged: return nil
    case .binary(let operation, let left, let right, _):
      let first = lower(left, context)
      let second = lower(right, context)
      guard let first, let second else { return nil }
      return join(operation, (left, first), (right, second))
    }
  }

  private mutating func name(_ name: Name, _ context: ReadingContext) -> Typed? {
    guard context.place == .inventory else {
      return check(name: name, context).map { (.name(name.text), $0) }
    }
    // In `where` a name is an input or a column; which columns there are, the inventory says.
    if let symbol = scope.values[name.text], case .value(let type) = symbol.kind {
      _ = use(name.text)
      return symbol.isUntyped ? nil : (.name(name.text), type)
    }
    // It may be the input that could not be understood.
    if scope.isDoubtful(name.text) { return nil }
    let cleaned = Inventory.cleaned(name.text)
    if cleaned != name.text {
      report(
        .unknownColumn, "no column is called `\(name.text)`", name.range,
        help: "names of columns are lower-cased and cleaned: `\(cleaned)`")
      return nil
    }
    return (.column(name.text), .string)
  }

  private mutating func join(
    _ operation: ExpressionSyntax.Operator, _ left: (syntax: ExpressionSyntax, typed: Typed),
    _ right: (syntax: ExpressionSyntax, typed: Typed)
  ) -> Typed? {
    let (first, second) = (left.typed, right.typed)
    switch operation {
    case .and, .or:
      let isFirst = isTruth(first.type, left.syntax)
      guard isTruth(second.type, right.syntax), isFirst else { return nil }
      let joined: Expression =
        operation == .and
        ? .and(first.expression, second.expression) : .or(first.expression, second.expression)
      return (joined, .bool)
    case .isWordOf:
      for side in [left, right] where side.typed.type != .string {
        report(
          .typeMismatch, "`in` looks for a word in a string, and this is \(shown(side.typed.type))",
          side.syntax.range, help: "compare with `==`, or write a string")
        return nil
      }
    case .equal, .unequal: break
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      for side in [left, right] where side.typed.type != .int && side.typed.type != .duration {
        report(
          .typeMismatch,
          "`\(operation.rawValue)` compares numbers or durations, and this is "
            + shown(side.typed.type), side.syntax.range,
          help: "declare it as `int` or `duration`, or compare with `==`")
        return nil
      }
    }
    guard first.type == second.type else {
      report(
        .typeMismatch,
        "\(shown(first.type)) is compared with \(shown(second.type))", right.syntax.range,
        help: mismatchHelp(first.type))
      return nil
    }
    guard let comparison = comparison(operation) else { return nil }
    return (.compare(comparison, first.expression, second.expression), .bool)
  }

  private func mismatchHelp(_ type: ValueType) -> String {
    "both sides have one type; \(literalHelp(type))"
  }

  private func comparison(_ operation: ExpressionSyntax.Operator) -> Expression.Comparison? {
    switch operation {
    case .and, .or: nil
    case .equal: .equal
    case .unequal: .unequal
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .isWordOf: .isWordOf
    }
  }
}
