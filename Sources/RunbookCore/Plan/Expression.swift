/// A condition of `when`, `where` or a check, already typed. Names are looked up in the name table
/// of the statement; columns only exist in `where`.
package enum Expression: Codable, Hashable, Sendable {
  package enum Comparison: String, Codable, Hashable, Sendable {
    case equal, unequal, less, lessOrEqual, greater, greaterOrEqual
    /// The left string is one of the words of the right one.
    case isWordOf
  }
  case literal(Value)
  case name(String)
  case column(String)
  indirect case not(Expression)
  indirect case and(Expression, Expression)
  indirect case or(Expression, Expression)
  indirect case compare(Comparison, Expression, Expression)
}

extension Expression {
  /// The value with every name and column looked up by `lookUp`; nil where a name has no value or
  /// the types do not fit (the checker has already refused both).
  package func evaluate(_ lookUp: (Reference) -> Value?) -> Value? {
    switch self {
    case .literal(let value): return value
    case .name(let name): return lookUp(.name(name))
    case .column(let column): return lookUp(.column(column))
    case .not(let operand):
      guard case .bool(let truth)? = operand.evaluate(lookUp) else { return nil }
      return .bool(!truth)
    case .and(let left, let right):
      guard case .bool(let first)? = left.evaluate(lookUp) else { return nil }
      return first ? right.evaluate(lookUp) : .bool(false)
    case .or(let left, let right):
      guard case .bool(let first)? = left.evaluate(lookUp) else { return nil }
      return first ? .bool(true) : right.evaluate(lookUp)
    case .compare(let comparison, let left, let right):
      guard let left = left.evaluate(lookUp), let right = right.evaluate(lookUp) else { return nil }
      return comparison.apply(left, right).map(Value.bool)
    }
  }

  package enum Reference: Hashable, Sendable {
    case name(String)
    case column(String)
  }
}

extension Expression.Comparison {
  fileprivate func apply(_ left: Value, _ right: Value) -> Bool? {
    switch self {
    case .equal: return left.type == right.type ? left == right : nil
    case .unequal: return left.type == right.type ? left != right : nil
    case .isWordOf:
      guard case .string(let word) = left, case .string(let text) = right else { return nil }
      return text.split(whereSeparator: \.isWhitespace).contains { $0 == word[...] }
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      let first: Int
      let second: Int
      switch (left, right) {
      case (.int(let a), .int(let b)), (.duration(let a), .duration(let b)):
        (first, second) = (a, b)
      default: return nil
      }
      if self == .less { return first < second }
      if self == .lessOrEqual { return first <= second }
      return self == .greater ? first > second : first >= second
    }
  }
}
