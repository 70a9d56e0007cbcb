import RunbookCore

/// `shell`, and what its functions bring with them where they are called.
extension Lowering {
  /// `shell` reads inputs and groups freely, an output only where it has a default.
  mutating func addShell(_ code: CodeSyntax) {
    guard !code.isDamaged else { return }
    scope.shell += (scope.shell.isEmpty ? "" : "\n") + code.text
    let shell = ShellCode(code.text, wantsCommands: true)
    scope.shellAssigned.formUnion(shell.assigned)
    if shell.setsAnything { scope.shellSetsAnything = true }
    for function in shell.functions { addFunction(function, of: shell, code) }
    if ShellCode.interpreter(of: code.text).isShell { checkOutside(shell, code) }
    _ = lower(code, .init(role: .shell))
  }

  /// Builtins that set something and print nothing, tests, and words that end a compound command.
  private static let settings: Set<String> = [
    ":", "true", "false", "set", "shopt", "setopt", "enable", "export", "readonly", "local",
    "declare", "typeset", "alias", "unalias", "unset", "umask", "ulimit", "trap", "hash", "cd",
    "exec", "eval", "source", ".", "test", "[", "type", "let", "read", "readarray", "mapfile",
    "getopts", "return", "exit", "shift", "break", "continue", "fi", "done", "esac", "in", "}",
    "]]",
  ]

  /// Commands that would run before each piece of code, and print into its output: one for a line.
  private mutating func checkOutside(_ shell: ShellCode, _ code: CodeSyntax) {
    let bytes = Array(code.text.utf8)
    var last: Int?
    for command in shell.commands where command.isOutside {
      if Self.settings.contains(command.name) || command.name.hasPrefix("-") { continue }
      let end = command.offset + command.name.utf8.count
      // It only sets a variable.
      if command.name == "printf", bytes[end...].starts(with: " -v ".utf8) { continue }
      let isTold = last.map { !bytes[$0..<command.offset].contains(0x0A) } ?? false
      last = command.offset
      if isTold { continue }
      let start = mark(command.offset, in: code).start
      report(
        .shellCommand, "`\(command.name)` would run before every piece of code",
        SourceRange(start, start + command.name.utf8.count),
        help: "`shell` holds functions and assignments; call it where it is needed")
      if loader.diagnostics.all.count >= DiagnosticList.limit { return }
    }
  }

  mutating func addFunction(
    _ function: ShellCode.Function, of shell: ShellCode, _ code: CodeSyntax
  ) {
    func first(_ offsets: [Int]) -> ShellFunction.Finding? {
      offsets.first { function.range.contains($0) }.map {
        .init(function: function.name, place: Place(scope.file, mark($0, in: code)))
      }
    }
    let host = shell.reads.first {
      function.range.contains($0.offset) && isOfHost($0.name)
        && !shell.assigned.contains($0.name)
    }
    // The later of two of one name is the one that is called.
    scope.shellFunctions[function.name] = ShellFunction(
      negation: first(shell.negations), pipeline: first(shell.pipelines),
      host: host.map {
        .init(function: function.name, place: Place(scope.file, range(of: $0, in: code)))
      },
      calls: shell.commands(in: function.range))
  }

  private func isOfHost(_ name: String) -> Bool { name == "host" || name.hasPrefix("host_") }

  mutating func checkCalls(_ shell: ShellCode, _ code: CodeSyntax, _ context: CodeContext) {
    let own = Set(shell.functions.map(\.name))
    // Of several calls that lead to one place the first tells of it.
    var told: Set<Int> = []
    for command in Set(shell.commands.map(\.name)).subtracting(own).sorted() {
      guard let function = scope.shellReach[command] else { continue }
      if context.group == nil, let host = function.host, told.insert(host.start).inserted {
        report(
          .noHost, "there is no host here, and \(host.shown(from: command)) reads one", code.range,
          help: "`host` and `host_…` have a value in steps on a group: `step … on GROUP`",
          notes: [.init(text: "read here", place: host.place)])
      }
      guard context.role == .check || context.role == .openGuard else { continue }
      if let negation = function.negation, told.insert(negation.start).inserted {
        report(
          .guardNegation,
          "`!` in \(negation.shown(from: command)) turns a missing tool into a check that holds",
          code.range, help: "let the function ask in two steps: \(Self.functionExample)",
          notes: [.init(text: "it stands here", place: negation.place)])
      }
      guard context.role == .openGuard, let pipeline = function.pipeline,
        told.insert(pipeline.start).inserted
      else { continue }
      report(
        .guardPipeline,
        "a pipeline in \(pipeline.shown(from: command)) hides the failure of its first commands, "
          + "and this guard opens",
        code.range, help: "let the function ask in two steps: \(Self.functionExample)",
        notes: [.init(text: "it stands here", place: pipeline.place)])
    }
  }

  private static let functionExample = "`x=$(command …) || return 2`, then test `$x`"
}
