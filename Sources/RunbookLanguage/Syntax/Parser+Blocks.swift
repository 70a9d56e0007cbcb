import RunbookCore

/// Braces and the forms between them.
extension Parser {
  /// A block of declarations and statements with its braces.
  mutating func block(_ kind: BlockKind, title: BlockTitle) -> BlockSyntax {
    var block = BlockSyntax()
    block.range =
      braces(kind, title: title) { parser in
        parser.parseItems(of: kind, into: &block)
      } ?? SourceRange(0, 0)
    if block.range.isEmpty { block.isDamaged = true }
    return block
  }

  /// The braces around what `content` parses, and their range; nil where the block is not whole.
  mutating func braces(
    _ kind: BlockKind, title: BlockTitle, content: (inout Parser) -> Void
  ) -> SourceRange? {
    guard openBrace(title) else { return nil }
    // Without its brace the block is marked by the token before it.
    let hasBrace = current.kind == .leftBrace
    let open = hasBrace ? current : tokens[max(0, index - 1)]
    if hasBrace {
      layout[index].insert(.blockOpen)
      advance()
    }
    openBlocks.append(OpenBlock(brace: open.range, title: title))
    defer { openBlocks.removeLast() }
    guard openBlocks.count <= Self.depthLimit else {
      report(
        .tooDeep, "blocks are nested more than \(Self.depthLimit) deep", open.range,
        help: "move what is inside into a part")
      skipBlock()
      return nil
    }
    content(&self)
    return closeBrace(open: open)
  }

  /// Whether a block begins here; a forgotten brace is reported and taken as written.
  private mutating func openBrace(_ title: BlockTitle) -> Bool {
    if current.kind == .leftBrace { return true }
    if currentForm == nil, current.kind != .end, !current.isFirstOnLine {
      expected("`{`")
      while current.kind != .leftBrace, current.kind != .end, current.kind != .rightBrace,
        !current.isFirstOnLine
      {
        lose(current)
        advance()
      }
      if current.kind == .leftBrace { return true }
    } else {
      expected("`{`", help: "the block of \(title.shown) stands between `{` and `}`")
    }
    return currentForm != nil
  }

  private mutating func closeBrace(open: Token) -> SourceRange? {
    guard current.kind == .rightBrace else {
      guard current.kind == .end else { return open.range }
      // Who has forgotten both braces is told of the first one.
      if open.kind != .leftBrace { hasReportedEnd = true }
      reportEnd(expecting: "`}`")
      return nil
    }
    if suspect == nil, current.isFirstOnLine, indentation(current) < indentation(open) {
      suspect = openBlocks.last
    }
    layout[index].insert(.blockClose)
    let close = current.range
    advance()
    return open.range.through(close)
  }

  /// Whether more braces close on the rest of this line than open on it, those before included.
  var lacksBraceOnLine: Bool {
    guard !current.isFirstOnLine else { return false }
    let line = file.line(at: current.start)
    var depth = openBlocks.reduce(0) { $0 + (file.line(at: $1.brace.start) == line ? 1 : 0) }
    var place = index
    while place < tokens.count, !tokens[place].isFirstOnLine {
      if tokens[place].kind == .leftBrace { depth += 1 }
      if tokens[place].kind == .rightBrace { depth -= 1 }
      place += 1
    }
    return depth < 0
  }

  /// Steps over a block that is not looked at, without recursion.
  private mutating func skipBlock() {
    var depth = 0
    while current.kind != .end {
      if current.kind == .leftBrace { depth += 1 }
      if current.kind == .rightBrace {
        if depth == 0 { return advance() }
        depth -= 1
      }
      lose(current)
      advance()
    }
    hasReportedEnd = true
  }

  /// How many blanks begin the line of a token.
  func indentation(_ token: Token) -> Int {
    let line = file.range(ofLine: file.line(at: token.start))
    var offset = line.start
    while offset < token.start, file.bytes[offset] == 0x20 || file.bytes[offset] == 0x09 {
      offset += 1
    }
    return offset - line.start
  }

  // MARK: - Forms

  /// The declarations and statements up to the closing brace or the end of the file.
  mutating func parseItems(of kind: BlockKind, into block: inout BlockSyntax) {
    while let form = nextForm(in: kind, isDamaged: &block.isDamaged) {
      let isAllowed = kind.allows(form)
      if !isAllowed {
        block.isDamaged = true
        reportMisplaced(form, in: kind)
      }
      let start = index
      var item = BlockSyntax()
      parseItem(form, of: kind, into: &item)
      if item.isDamaged {
        block.isDamaged = true
        if !current.isFirstOnLine || !beginsForm { recover() }
      }
      guard isAllowed else {
        for token in tokens[start..<max(start, index)] { lose(token) }
        continue
      }
      block.declarations += item.declarations
      block.statements += item.statements
      if let policy = item.onFailure {
        if block.onFailure != nil {
          reportRepeated(form, tokens[start].range, in: kind.shown)
        }
        block.onFailure = policy
      }
    }
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
        report(
          .unknownForm, "`\(word)` is no form of \(kind.shown)", current.range,
          help: help ?? near.map { "did you mean `\($0.rawValue)`?" } ?? listing(kind))
        if let near { return near }
        lose(current)
        advance()
        recover()
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

  /// A statement within a step that stands no deeper than the step: the step was never closed.
  private mutating func isUnclosed() -> Bool {
    guard let open = openBlocks.last, current.isFirstOnLine else { return false }
    let openLine = file.range(ofLine: file.line(at: open.brace.start))
    var offset = openLine.start
    while offset < open.brace.start, file.bytes[offset] == 0x20 || file.bytes[offset] == 0x09 {
      offset += 1
    }
    guard indentation(current) <= offset - openLine.start else { return false }
    if hasReportedEnd { return true }
    let note = Diagnostic.Note(
      text: "the next statement begins here", place: Place(file, current.range))
    report(
      .unclosedBlock, "the block of \(open.shown) is never closed", open.brace,
      help: "close it with `}`", notes: [note])
    return true
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
    guard kind.allows(.step), beginsHeader, !next.isFirstOnLine else { return nil }
    return "write `step \(text(current))`"
  }

  private func nearestForm(to word: String, in kind: BlockKind) -> Form? {
    // Of a word of two letters one is too little to know it by.
    if word.utf8.count < 3 { return nil }
    return Suggestion.nearest(to: word, among: kind.forms.lazy.map(\.rawValue)).flatMap(Form.named)
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
    case .inventory, .input, .report: return "it stands directly in the runbook's block"
    case .secret, .hosts, .shell, .lock: return "it stands directly in the file's block"
    case .step, .phase, .use, .parallel, .rolling, .first:
      return "statements stand in a runbook, a part, a phase or a block"
    case .on: return "it stands in a runbook, a phase, a `rolling` block or a step"
    case .require, .unless, .run, .write, .stash, .upload, .confirm, .check, .rollback, .no,
      .output, .retry, .timeout, .as, .if:
      return "it stands in a step"
    case .content, .mode, .owner: return "it stands in the block of `write`"
    }
  }

  mutating func reportRepeated(_ form: Form, _ range: SourceRange, in place: String) {
    report(
      .repeatedForm, "\(form.shown) stands twice in \(place)", range, help: "keep one of them")
  }
}
