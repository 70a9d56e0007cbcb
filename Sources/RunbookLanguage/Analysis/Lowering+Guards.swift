import RunbookCore

/// Guards that would fail open, and what a function of `shell` brings with it where it is called.
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

  private func mark(_ offset: Int, in code: CodeSyntax) -> SourceRange {
    let start = CodeText.sourceOffset(scope.file, code: code.range, of: offset)
    return SourceRange(start, start + 1)
  }

  // MARK: - Functions of `shell`

  mutating func addFunction(
    _ function: ShellCode.Function, of shell: ShellCode, _ code: CodeSyntax
  ) {
    func first(_ offsets: [Int]) -> Place? {
      offsets.first { function.range.contains($0) }.map { Place(scope.file, mark($0, in: code)) }
    }
    let host = shell.reads.first {
      function.range.contains($0.offset) && isOfHost($0.name)
        && !shell.assigned.contains($0.name)
    }
    let found = ShellFunction(
      negation: first(shell.negations), pipeline: first(shell.pipelines),
      host: host.map { Place(scope.file, range(of: $0, in: code)) })
    // The later of two of one name is the one that is called.
    scope.shellFunctions[function.name] = found
    if found.isSpecial { scope.hasSpecialFunctions = true }
  }

  private func isOfHost(_ name: String) -> Bool { name == "host" || name.hasPrefix("host_") }

  mutating func checkCalls(_ shell: ShellCode, _ code: CodeSyntax, _ context: CodeContext) {
    let own = Set(shell.functions.map(\.name))
    for command in Set(shell.commands).subtracting(own).sorted() {
      guard let function = scope.shellFunctions[command] else { continue }
      if context.group == nil, let host = function.host {
        report(
          .noHost, "there is no host here, and `\(command)` reads one", code.range,
          help: "`host` and `host_…` have a value in steps on a group: `step … on GROUP`",
          notes: [.init(text: "read here", place: host)])
      }
      guard context.role == .check || context.role == .openGuard else { continue }
      if let negation = function.negation {
        report(
          .guardNegation, "`!` in `\(command)` turns a missing tool into a check that holds",
          code.range, help: "let the function ask in two steps: \(Self.functionExample)",
          notes: [.init(text: "it stands here", place: negation)])
      }
      guard context.role == .openGuard, let pipeline = function.pipeline else { continue }
      report(
        .guardPipeline,
        "a pipeline in `\(command)` hides the failure of its first commands, and this guard opens",
        code.range, help: "let the function ask in two steps: \(Self.functionExample)",
        notes: [.init(text: "it stands here", place: pipeline)])
    }
  }

  private static let functionExample = "`x=$(command …) || return 2`, then test `$x`"
}
