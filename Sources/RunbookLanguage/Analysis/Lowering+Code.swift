import RunbookCore

/// What a piece of code is for, which says what it sees and how its status is read.
struct CodeContext {
  enum Role {
    /// Its status is the outcome.
    case action
    /// A question whose answer "no" lets nothing happen that should not.
    case check
    /// `unless`, or under `not`: a wrong "does not hold" would let the action run.
    case openGuard
    /// A declaration, put before all code in reach.
    case shell
    /// The command of a secret: it runs before anything of the runbook has a value.
    case secret
  }
  var role: Role
  var group: GroupID? = nil
}

/// Code: its names, and guards that would fail open.
extension Lowering {
  private static let proxies: Set<String> = [
    "http_proxy", "https_proxy", "ftp_proxy", "rsync_proxy", "all_proxy", "no_proxy",
  ]

  mutating func lower(_ syntax: CodeSyntax, _ context: CodeContext) -> Code {
    let (interpreter, isShell) = ShellCode.interpreter(of: syntax.text)
    let code = Code(
      text: syntax.text, interpreter: interpreter, isShell: isShell,
      origin: origin(syntax.range))
    guard !syntax.isDamaged else { return code }
    if context.role == .secret {
      checkAlone(code, syntax)
      return code
    }
    useWords(of: syntax.text, isShell: isShell, context.role)
    let wantsCommands = !scope.shellReach.isEmpty && context.role != .shell
    guard isShell, wantsCommands || ShellCode.mattersAlone(syntax.text) else { return code }
    let shell = ShellCode(syntax.text, wantsCommands: wantsCommands)
    checkReads(shell, syntax, context)
    checkGuard(shell, syntax, context.role)
    if wantsCommands { checkCalls(shell, syntax, context) }
    return code
  }

  // MARK: - Names

  /// Whatever stands in code as a word counts as used there.
  private mutating func useWords(of text: String, isShell: Bool, _ role: CodeContext.Role) {
    var takesSecret = isShell && scope.shellTakesSecret
    var unused: [String] = []
    scope.words.forEach(in: text) { word, number in
      if number == 1 { takesSecret = true }
      if !scope.used.contains(word) { unused.append(word) }
    }
    for word in unused { _ = use(word) }
    guard takesSecret else { return }
    switch role {
    case .action: secretCandidates.hasTaker = true
    case .shell: scope.shellTakesSecret = true
    case .check, .openGuard, .secret: break
    }
  }

  private mutating func checkReads(
    _ shell: ShellCode, _ code: CodeSyntax, _ context: CodeContext
  ) {
    if shell.reads.isEmpty { return }
    let assigned = Set(shell.assigned)
    var seen: Set<String> = []
    for read in shell.reads where shell.reads.count == 1 || seen.insert(read.name).inserted {
      let name = read.name
      guard canBeOurs(name), assigned.isEmpty || !assigned.contains(name),
        scope.shellAssigned.isEmpty || !scope.shellAssigned.contains(name)
      else { continue }
      let range = range(of: read, in: code)
      if let symbol = scope.values[name] {
        readInCode(name, symbol, range, context)
      } else if name == "host" || name.hasPrefix("host_") {
        if context.role == .shell { continue }
        if context.group != nil {
          askColumn(name, at: range)
        } else if !scope.isDoubtful(name) {
          reportNoHost(name, range)
        }
      } else if !["reprise_run", "reprise_step", "reprise_attempt"].contains(name),
        !shell.setsAnything, !scope.shellSetsAnything, !scope.isDoubtful(name)
      {
        reportUnknown(name, range, shell)
      }
    }
  }

  /// Whether a variable is spelt like a name of the runbook.
  func canBeOurs(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLowerLetter(first) else { return false }
    return name.utf8.allSatisfy { isLowerLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
      && !(name.hasSuffix("_proxy") && Self.proxies.contains(name))
  }

  private mutating func reportUnknown(_ name: String, _ range: SourceRange, _ shell: ShellCode) {
    let known = candidates() + shell.assigned + ["host", "host_address", "reprise_run"]
    report(
      .unknownVariable, "nothing declares or sets `$\(name)`", range,
      help: suggestion(for: name, among: known).map { "did you mean `$\($0)`?" }
        ?? "declare it, set it in the code, or write `${\(name):-}` where it may be unset")
  }

  private mutating func readInCode(
    _ name: String, _ symbol: Symbol, _ range: SourceRange, _ context: CodeContext
  ) {
    let base: String
    var isList = false
    switch symbol.kind {
    case .output: base = name
    case .byHost(let output):
      base = output
      isList = true
    case .group(let group):
      guard let found = group.foundIn, !scope.brokenGroups.contains(name) else { return }
      base = found.text
      isList = true
    case .value, .secret, .addresses: return
    }
    guard case .output(let output)? = scope.values[base]?.kind else { return }
    if context.role == .shell {
      if output.reference.defaultValue == nil {
        reportMissing(base, output, .foreignShell, at: range)
      }
      return
    }
    read(base, output, at: range, group: context.group, isList: isList)
  }

  /// Where in the file a variable stands, its `$` included.
  func range(of read: ShellCode.Read, in code: CodeSyntax) -> SourceRange {
    let start = CodeText.sourceOffset(scope.file, code: code.range, of: read.offset)
    let isBraced =
      start + 1 < scope.file.bytes.count && scope.file.bytes[start + 1] == UInt8(ascii: "{")
    let end = start + 1 + read.name.utf8.count + (isBraced ? 2 : 0)
    return SourceRange(start, min(end, code.range.end))
  }
}
