import RunbookCore

/// The forms of a block, and what is reported of one that is misspelt or misplaced.
extension Parser {
  /// The declarations and statements up to the closing brace or the end of the file.
  mutating func parseItems(of kind: BlockKind, into block: inout BlockSyntax) {
    while let form = nextForm(in: kind, isDamaged: &block.isDamaged) {
      if kind.allows(form) {
        parseWhole(form, of: kind, into: &block)
        continue
      }
      let start = index
      reportMisplaced(form, in: kind)
      var lost = BlockSyntax()
      parseWhole(form, of: kind, into: &lost)
      block.isDamaged = true
      for token in tokens[start..<max(start, index)] { lose(token) }
    }
  }

  /// One item, with what has to be stepped over where it makes no sense.
  private mutating func parseWhole(
    _ form: Form, of kind: BlockKind, into block: inout BlockSyntax
  ) {
    let wasDamaged = block.isDamaged
    block.isDamaged = false
    parseItem(form, of: kind, into: &block)
    if block.isDamaged, !current.isFirstOnLine || !beginsForm { recover() }
    if wasDamaged { block.isDamaged = true }
  }

  /// The form that begins here: a misspelt one is reported and taken as the one it was meant to be,
  /// anything else is stepped over. nil at the end of the block.
  mutating func nextForm(in kind: BlockKind, isDamaged: inout Bool) -> Form? {
    while true {
      switch current.kind {
      case .end, .rightBrace: return nil
      case _ where current.isDamaged:
        isDamaged = true
        lose(current)
        advance()
        recover()
      case .word:
        if let form = currentForm {
          if form == .if, kind.allows(.step), !isWord("interrupted", next) {
            isDamaged = true
            reportMisplaced(form, in: kind)
            lose(current)
            advance()
            skipNameless()
            continue
          }
          layout[index].insert(.item)
          let isInner = kind == .step || kind == .rollback || kind == .write
          if isInner, !kind.allows(form), isUnclosed() {
            isDamaged = true
            return nil
          }
          return form
        }
        isDamaged = true
        let word = text(current)
        let help = helpForForgotten(in: kind)
        let near = help == nil ? nearestForm(to: word, in: kind) : nil
        let meant = near == .no ? "no rollback" : near?.word.description
        report(
          .unknownForm, "`\(word)` is no form of \(kind.shown)", current.range,
          help: help ?? meant.map { "did you mean `\($0)`?" } ?? listing(kind))
        if let near { return near }
        lose(current)
        advance()
        if help != nil, kind.allows(.step) {
          skipNameless()
        } else {
          recover(to: kind)
        }
      case .string, .code, .fence, .integer, .duration, .leftBrace, .leftParenthesis,
        .rightParenthesis, .comma, .colon, .assign, .equal, .unequal, .less, .lessOrEqual,
        .greater, .greaterOrEqual:
        isDamaged = true
        let isBare = (current.kind == .code || current.kind == .fence) && kind == .step
        report(
          .unexpectedToken, "expected a form of \(kind.shown), found \(shown(current))",
          current.range,
          help: isBare ? "write `run`, `check` or another form before it" : listing(kind))
        if current.kind == .leftBrace {
          advance()
          skipBlock()
        } else {
          lose(current)
          advance()
        }
        recover()
      }
    }
  }

  /// What to write before a word that shows which form it belongs to; nil where it does not.
  private func helpForForgotten(in kind: BlockKind) -> String? {
    if isWord("of"), next.kind == .leftBrace { return "write `first of`" }
    if kind == .step, isWord("not") || isWord("tcp") || isWord("http") {
      return "write `check`, `require` or `unless` before it"
    }
    let beginsHeader =
      next.kind == .leftBrace
      || isWord("on", next) || isWord("after", next) || isWord("when", next)
    guard kind.allows(.step), beginsHeader, !next.isFirstOnLine,
      next.kind != .leftBrace || nearestForm(to: text(current), in: kind) != .parallel
    else { return nil }
    return "write `step \(text(current))`"
  }

  private func nearestForm(to word: String, in kind: BlockKind) -> Form? {
    // Of a word of two letters one is too little to know it by.
    if word.utf8.count < 3 { return nil }
    // Two words written as one are nearer to the second of them.
    if kind.allows(.no) {
      let fused = word.filter { $0 != "-" && $0 != "_" }
      let near = Suggestion.nearest(to: fused, among: [Self.fused, "rollback"])
      if fused == Self.fused || near == Self.fused { return .no }
    }
    return Suggestion.nearest(to: word, among: kind.forms.lazy.map(\.word.description)).flatMap(
      Form.named)
  }

  private static let fused = "norollback"

  /// Steps over what a block belongs to whose first word is missing, and over the block, which is
  /// parsed for its own mistakes: what comes behind it is looked at again.
  private mutating func skipNameless() {
    let start = index
    while current.kind != .leftBrace, current.kind != .rightBrace, current.kind != .end,
      !beginsForm
    {
      advance()
    }
    if current.kind == .leftBrace {
      let first = next.form
      if let first, BlockKind.phase.allows(first) {
        _ = block(.phase, title: "this")
      } else {
        let lost = StepSyntax(
          keyword: current.range, name: Name(text: "", range: current.range), documentation: "")
        stepBody(of: lost)
      }
    }
    for token in tokens[start..<index] { lose(token) }
  }

  /// As `recover`, and stops at a line whose first word seems to be a misspelt form, too.
  private mutating func recover(to kind: BlockKind) {
    var depth = 0
    while current.kind != .end {
      if depth == 0 {
        if current.kind == .rightBrace || beginsForm { return }
        let isMisspelt =
          current.kind == .word && current.isFirstOnLine
          && nearestForm(to: text(current), in: kind) != nil
        if isMisspelt { return }
      }
      if current.kind == .leftBrace { depth += 1 }
      if current.kind == .rightBrace { depth -= 1 }
      lose(current)
      advance()
    }
  }

  private func listing(_ kind: BlockKind) -> String {
    "\(kind.shown) holds \(kind.forms.map(\.shown).joined(separator: ", "))"
  }

  // MARK: - Reports

  mutating func reportMisplaced(_ form: Form, in kind: BlockKind) {
    report(
      .misplacedForm, "\(form.shown) can't stand in \(kind.shown)", current.range,
      help: placeHelp(form, in: kind))
  }

  private func placeHelp(_ form: Form, in kind: BlockKind) -> String {
    switch kind {
    case .part where form == .input: return "make it a parameter of the part: `part NAME(…)`"
    case .part where form == .inventory: return "declare it in the runbook or in site.runbook"
    case .parallel where form == .hosts: return "find the hosts before the `parallel` block"
    case .alternatives where form == .step: return "put the step in a phase of its own"
    case .step where form.isStatement: return "a step holds no statements; close it before"
    case .runbook, .part, .site, .phase, .rolling, .parallel, .alternatives, .step, .rollback,
      .write:
      break
    }
    switch form {
    // Who writes `if` there wants a condition.
    case .if: return "a condition is `when EXPRESSION`, in the header of a step or a phase"
    case .inventory, .input, .report: return "it stands directly in the runbook's block"
    case .secret, .hosts, .shell, .lock: return "it stands directly in the file's block"
    case .step, .phase, .use, .parallel, .rolling, .first:
      return "statements stand in a runbook, a part, a phase or a block"
    case .on: return "it stands in a runbook, a phase, a `rolling` block or a step"
    case .require, .unless, .run, .write, .stash, .upload, .confirm, .check, .rollback, .no,
      .output, .retry, .timeout, .as:
      return "it stands in a step"
    case .content, .mode, .owner: return "it stands in the block of `write`"
    }
  }

  mutating func reportRepeated(_ form: Form, _ range: SourceRange, in place: String) {
    report(
      .repeatedForm, "\(form.shown) stands twice in \(place)", range, help: "keep one of them")
  }
}
