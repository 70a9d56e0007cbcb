import RunbookCore

/// Guards that would fail open.
extension Lowering {
  mutating func checkGuard(_ shell: ShellCode, _ code: CodeSyntax, _ role: CodeContext.Role) {
    guard role == .check || role == .openGuard else { return }
    for offset in shell.negations { reportNegation(mark(offset, in: code)) }
    guard role == .openGuard else { return }
    for offset in shell.pipelines { reportPipeline(mark(offset, in: code)) }
  }

  private static let example = "`x=$(command …) || exit 2`, then test `$x`"

  private mutating func reportNegation(_ range: SourceRange) {
    report(
      .guardNegation, "`!` turns a missing tool into a check that holds", range,
      help: "write `not` before the code, or ask in two steps: \(Self.example)")
  }

  private mutating func reportPipeline(_ range: SourceRange) {
    report(
      .guardPipeline, "a pipeline hides the failure of its first commands, and this guard opens",
      range, help: "write \(Self.example)")
  }

  func mark(_ offset: Int, in code: CodeSyntax) -> SourceRange {
    let start = CodeText.sourceOffset(scope.file, code: code.range, of: offset)
    return SourceRange(start, start + 1)
  }
}
