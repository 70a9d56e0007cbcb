/// A word, literal or sign of the language, by its place in the file.
struct Token: Hashable, Sendable {
  enum Kind: UInt8, Sendable {
    case word, string, code, fence, integer, duration
    case leftBrace, rightBrace, leftParenthesis, rightParenthesis, comma, colon
    case assign, equal, unequal, less, lessOrEqual, greater, greaterOrEqual
    case end
  }
  var kind: Kind
  /// Whether the lexer has already reported a mistake in it; the parser takes it as it is meant.
  var isDamaged: Bool
  /// Whether nothing but blanks stands before it on its line.
  var isFirstOnLine: Bool
  /// Of a word, the form that it begins, whatever block that belongs to.
  let form: Form?
  private var first: UInt32
  private var last: UInt32

  init(
    _ kind: Kind, _ range: SourceRange, isFirstOnLine: Bool, isDamaged: Bool = false,
    form: Form? = nil
  ) {
    self.kind = kind
    self.form = form
    self.isFirstOnLine = isFirstOnLine
    self.isDamaged = isDamaged
    first = UInt32(range.start)
    last = UInt32(range.end)
  }

  var start: Int { Int(first) }
  var end: Int { Int(last) }
  var range: SourceRange { SourceRange(start, end) }
}

/// A comment, kept beside the tokens: for the formatter, and as documentation where it begins `///`.
struct Comment: Hashable, Sendable {
  var range: SourceRange
  /// `///`, but not `////`.
  var isDocumentation: Bool
  var isFirstOnLine: Bool
  /// The index of the token that follows it.
  var nextToken: Int
}

/// How a token is named in a diagnostic.
extension Token.Kind {
  var shown: String {
    switch self {
    case .word: "a word"
    case .string: "a string"
    case .code, .fence: "code"
    case .integer: "a number"
    case .duration: "a duration"
    case .leftBrace: "`{`"
    case .rightBrace: "`}`"
    case .leftParenthesis: "`(`"
    case .rightParenthesis: "`)`"
    case .comma: "`,`"
    case .colon: "`:`"
    case .assign: "`=`"
    case .equal: "`==`"
    case .unequal: "`!=`"
    case .less: "`<`"
    case .lessOrEqual: "`<=`"
    case .greater: "`>`"
    case .greaterOrEqual: "`>=`"
    case .end: "the end of the file"
    }
  }
}
