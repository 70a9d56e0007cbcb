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
      guard let first, let second, fits(operation, left, first.type, right, second.type)
      else { return nil }
      return (join(operation, first.expression, second.expression), .bool)
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

  /// Whether an operation takes what stands on its two sides; what does not fit is reported.
  private mutating func fits(
    _ operation: ExpressionSyntax.Operator, _ left: ExpressionSyntax, _ first: ValueType,
    _ right: ExpressionSyntax, _ second: ValueType
  ) -> Bool {
    switch operation {
    case .and, .or:
      let isFirst = isTruth(first, left)
      return isTruth(second, right) && isFirst
    case .isWordOf:
      guard first == .string, second == .string else {
        let (side, type) = first == .string ? (right, second) : (left, first)
        report(
          .typeMismatch, "`in` looks for a word in a string, and this is \(shown(type))",
          side.range, help: "compare with `==`, or write a string")
        return false
      }
    case .equal, .unequal: break
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard isOrdered(first), isOrdered(second) else {
        let (side, type) = isOrdered(first) ? (right, second) : (left, first)
        report(
          .typeMismatch,
          "`\(operation.rawValue)` compares numbers or durations, and this is " + shown(type),
          side.range, help: "declare it as `int` or `duration`, or compare with `==`")
        return false
      }
    }
    if first == second { return true }
    report(
      .typeMismatch, "\(shown(first)) is compared with \(shown(second))", right.range,
      help: mismatchHelp(first))
    return false
  }

  private func isOrdered(_ type: ValueType) -> Bool { type == .int || type == .duration }

  private func join(
    _ operation: ExpressionSyntax.Operator, _ left: Expression, _ right: Expression
  ) -> Expression {
    switch operation {
    case .and: .and(left, right)
    case .or: .or(left, right)
    case .equal: .compare(.equal, left, right)
    case .unequal: .compare(.unequal, left, right)
    case .less: .compare(.less, left, right)
    case .lessOrEqual: .compare(.lessOrEqual, left, right)
    case .greater: .compare(.greater, left, right)
    case .greaterOrEqual: .compare(.greaterOrEqual, left, right)
    case .isWordOf: .compare(.isWordOf, left, right)
    }
  }

  private func mismatchHelp(_ type: ValueType) -> String {
    "both sides have one type; \(literalHelp(type))"
  }
}
