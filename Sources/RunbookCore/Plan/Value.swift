/// The four types of the language. A duration counts milliseconds.
package enum ValueType: String, Codable, Hashable, Sendable {
  case string, int, bool, duration
}

/// A value of an input, an output or a literal.
package enum Value: Codable, Hashable, Sendable {
  case string(String)
  case int(Int)
  case bool(Bool)
  /// Milliseconds.
  case duration(Int)

  package var type: ValueType {
    switch self {
    case .string: .string
    case .int: .int
    case .bool: .bool
    case .duration: .duration
    }
  }

  /// How code on a host sees it: durations in seconds, with a fraction only where there is one.
  package var environmentText: String {
    switch self {
    case .string(let text): return text
    case .int(let number): return String(number)
    case .bool(let truth): return truth ? "true" : "false"
    case .duration(let milliseconds):
      if milliseconds % 1000 == 0 { return String(milliseconds / 1000) }
      let digits = String(milliseconds % 1000)
      let fraction = String(repeating: "0", count: 3 - digits.count) + digits
      return "\(milliseconds / 1000).\(fraction)"
    }
  }
}

/// A number or duration of a step's form: written out, or the name of an input.
/// Durations count milliseconds.
package enum Amount: Codable, Hashable, Sendable {
  case literal(Int)
  case name(String)
}

/// A string with names in it: `"Move the data of $db aside?"`.
package struct Template: Codable, Hashable, Sendable {
  package enum Piece: Codable, Hashable, Sendable {
    case text(String)
    case name(String)
  }
  package var pieces: [Piece]

  package init(_ pieces: [Piece]) { self.pieces = pieces }
  package init(text: String) { pieces = text.isEmpty ? [] : [.text(text)] }
}

extension Template {
  /// As it stands in the runbook: names with their dollar.
  package var source: String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .name(let name): "$" + name
      }
    }.joined()
  }

  package var names: [String] {
    pieces.compactMap { piece in
      if case .name(let name) = piece { return name }
      return nil
    }
  }
}
