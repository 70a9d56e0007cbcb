import RunbookCore

/// Code, and what has to stand somewhere.
extension Parser {
  mutating func requiredCode(_ what: String) -> CodeSyntax? {
    guard current.kind == .code || current.kind == .fence else {
      expected(what, help: "code stands between backticks")
      guard stepsOverLiteral() else { return nil }
      return CodeSyntax(text: "", range: tokens[index - 1].range, isDamaged: true)
    }
    return code()
  }

  /// A whole number, as it is needed for `what`; nil with a report.
  mutating func requiredInteger(_ what: String) -> LiteralSyntax? {
    if current.kind == .integer { return literal() }
    expected(what, help: current.kind == .string ? "write it without quotes" : nil)
    _ = stepsOverLiteral()
    return nil
  }

  /// The current token, which is code.
  mutating func code() -> CodeSyntax {
    let token = current
    advance()
    if token.isDamaged { lose(token) }
    return CodeSyntax(
      text: token.isDamaged ? "" : CodeText.text(file, token), range: token.range,
      isDamaged: token.isDamaged)
  }
}
