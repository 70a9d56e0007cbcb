import RunbookCore

/// A file as it is written, before any name in it means anything.
struct FileSyntax {
  enum Kind: Sendable {
    case runbook, part, site
  }
  var kind: Kind
  var name: Name
  var title: StringSyntax?
  var documentation: String
  var parameters: [ParameterSyntax] = []
  var body = BlockSyntax()
  /// Words of what could not be understood: they may declare or use any name, so that no mistake
  /// about those names is reported on top.
  var lostWords: Set<String> = []
  /// Whether something is missing that may have used any name.
  var lacksSomething = false
  /// Whether the name of something is missing: any unknown name may be meant for it.
  var lacksName = false
  /// Whether a brace is missing, so that blocks hold what they seem to hold by chance.
  var lacksBrace = false
}

/// A name where it is written.
struct Name: Hashable, Sendable {
  var text: String
  var range: SourceRange
}

struct ParameterSyntax: Sendable {
  enum Kind: Hashable, Sendable {
    case value(ValueType)
    case hosts, secret
  }
  var name: Name
  var kind: Kind
  /// Whether something was wrong with it, so that nothing is said about what is given for it.
  var isDamaged = false
}

/// What stands between the braces of a runbook, part, phase or block.
struct BlockSyntax {
  var declarations: [DeclarationSyntax] = []
  var statements: [StatementSyntax] = []
  var onFailure: FailurePolicy?
  /// The braces; empty where they are missing.
  var range = SourceRange(0, 0)
  /// Whether something in it could not be understood: what seems to be missing may stand there.
  var isDamaged = false
}

/// A string with the names in it.
struct StringSyntax: Sendable {
  struct Piece: Sendable {
    enum Content: Sendable {
      case text(String)
      case name(String)
    }
    var content: Content
    var range: SourceRange
  }
  var pieces: [Piece]
  var range: SourceRange

  /// Where the first name stands.
  var nameRange: SourceRange? {
    pieces.first {
      if case .name = $0.content { true } else { false }
    }?.range
  }

  /// The text of a string without names.
  var literal: String? {
    // Nearly every string is one piece.
    if pieces.count == 1, case .text(let text) = pieces[0].content { return text }
    var text = ""
    for piece in pieces {
      guard case .text(let part) = piece.content else { return nil }
      text += part
    }
    return text
  }
}

/// Code as it is sent, with the place of its token.
struct CodeSyntax: Sendable {
  var text: String
  /// Backticks included.
  var range: SourceRange
  var isDamaged = false
}

struct LiteralSyntax: Sendable {
  var value: Value
  var range: SourceRange
  /// Whether something else was meant, which has been reported.
  var isDamaged = false
}

enum ExpressionSyntax: Sendable {
  enum Operator: String, Sendable {
    case and, or
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isWordOf = "in"
  }
  case literal(LiteralSyntax)
  case name(Name)
  indirect case not(ExpressionSyntax, SourceRange)
  indirect case binary(Operator, ExpressionSyntax, ExpressionSyntax, at: SourceRange)
  indirect case parentheses(ExpressionSyntax, SourceRange)
  /// Something that could not be understood and has been reported.
  case damaged(SourceRange)

  var range: SourceRange {
    switch self {
    case .literal(let literal): literal.range
    case .name(let name): name.range
    case .not(_, let range), .parentheses(_, let range), .damaged(let range): range
    case .binary(_, let left, let right, _): left.range.through(right.range)
    }
  }
}

/// A number or duration of a form: a literal or the name of an input. In a box of its own, since
/// steps and checks have room for several and most have none.
indirect enum AmountSyntax: Sendable {
  case literal(LiteralSyntax)
  case name(Name)

  var range: SourceRange {
    switch self {
    case .literal(let literal): literal.range
    case .name(let name): name.range
    }
  }
}
