import RunbookCore

/// Braces and where one is missing.
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
    if kind == .parallel || kind == .rolling || kind == .alternatives { _ = skipOn(title.shown) }
    guard openBrace(title) else { return nil }
    // Without its brace the block is marked by the token before it.
    let hasBrace = current.kind == .leftBrace
    let open = hasBrace ? current : tokens[max(0, index - 1)]
    if hasBrace {
      layout[index].insert(.blockOpen)
      advance()
    }
    // What follows on the line, without a brace for it there, was meant to need none.
    let lacksBoth = kind == .write && !hasBrace && !current.isFirstOnLine && !lacksBraceOnLine
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
    return lacksBoth ? nil : closeBrace(open: open)
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
    if suspect == nil, current.isFirstOnLine,
      indentation(at: current.start) < indentation(at: open.start)
    {
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
    // No line that people write has more.
    while place < min(tokens.count, index + 200), !tokens[place].isFirstOnLine {
      if tokens[place].kind == .leftBrace { depth += 1 }
      if tokens[place].kind == .rightBrace { depth -= 1 }
      place += 1
    }
    return depth < 0
  }

  /// Steps over a block that is not looked at, without recursion.
  mutating func skipBlock() {
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

  /// How many blanks begin the line of an offset.
  private func indentation(at start: Int) -> Int {
    var lineStart = start
    while lineStart > 0, bytes[lineStart - 1] != 0x0A { lineStart -= 1 }
    var offset = lineStart
    while offset < start, bytes[offset] == 0x20 || bytes[offset] == 0x09 {
      offset += 1
    }
    return offset - lineStart
  }

  /// A statement within a step that stands no deeper than the step: the step was never closed.
  mutating func isUnclosed() -> Bool {
    guard let open = openBlocks.last, current.isFirstOnLine else { return false }
    guard indentation(at: current.start) <= indentation(at: open.brace.start) else { return false }
    if hasReportedEnd { return true }
    let note = Diagnostic.Note(
      text: "the next statement begins here", place: Place(file, current.range))
    report(
      .unclosedBlock, "the block of \(open.shown) is never closed", open.brace,
      help: "close it with `}`", notes: [note])
    return true
  }
}
