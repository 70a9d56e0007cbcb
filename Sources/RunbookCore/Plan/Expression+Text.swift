extension Expression {
  /// Every name in it.
  package var names: [String] {
    switch self {
    case .literal, .column: []
    case .name(let name): [name]
    case .not(let operand): operand.names
    case .and(let left, let right), .or(let left, let right), .compare(_, let left, let right):
      left.names + right.names
    }
  }

  /// As a runbook would say it.
  package var text: String {
    switch self {
    case .literal(.string(let text)): "\"\(text)\""
    case .literal(let value): value.environmentText
    case .name(let name), .column(let name): name
    case .not(let operand): "not (\(operand.text))"
    case .and(let left, let right): "(\(left.text)) and (\(right.text))"
    case .or(let left, let right): "(\(left.text)) or (\(right.text))"
    case .compare(let comparison, let left, let right):
      "\(left.text) \(comparison.sign) \(right.text)"
    }
  }
}

extension Expression.Comparison {
  fileprivate var sign: String {
    switch self {
    case .equal: "=="
    case .unequal: "!="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    case .isWordOf: "in"
    }
  }
}
