import RunbookCore

/// Looking at tokens and stepping over them.
extension Parser {
  var current: Token { tokens[index] }

  var next: Token { tokens[min(index + 1, tokens.count - 1)] }

  mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  func text(_ token: Token) -> String { file.text(token.range) }

  /// Whether the current token is that word; compares bytes, makes no string.
  func isWord(_ word: StaticString) -> Bool { isWord(word, current) }

  func isWord(_ word: StaticString, _ token: Token) -> Bool {
    guard token.kind == .word, token.end - token.start == word.utf8CodeUnitCount else {
      return false
    }
    return word.stands(in: bytes, at: token.start)
  }

  func isWord(_ word: String, _ token: Token) -> Bool {
    guard token.kind == .word, token.end - token.start == word.utf8.count else { return false }
    var offset = token.start
    for letter in word.utf8 {
      if bytes[offset] != letter { return false }
      offset += 1
    }
    return true
  }

  /// The form that the current word begins, whatever block it belongs to.
  var currentForm: Form? { current.form }

  /// Whether a new form seems to begin here: good enough where something is being stepped over.
  var beginsForm: Bool { current.isFirstOnLine && currentForm != nil }

  /// Whether a name stands here, and not a form where a name was forgotten: line breaks mean
  /// nothing, so of a word that could be both, what follows it decides.
  ///
  /// - Parameter beforeBlock: whether a block can follow the name.
  func isName(beforeBlock: Bool = false) -> Bool {
    guard current.kind == .word else { return false }
    guard current.isFirstOnLine, let form = currentForm else { return true }
    switch form {
    case .inventory, .lock, .report, .write, .stash, .upload, .confirm, .mode, .owner, .as:
      return next.kind != .string
    case .shell, .run: return next.kind != .code && next.kind != .fence
    case .content: return ![.code, .fence, .string].contains(next.kind)
    case .rollback:
      return ![.code, .fence].contains(next.kind) && (next.kind != .leftBrace || beforeBlock)
    case .parallel: return next.kind != .leftBrace || beforeBlock
    case .first: return !isWord("of", next)
    case .on: return !isWord("failure", next)
    case .no: return !isWord("rollback", next)
    case .if: return !isWord("interrupted", next)
    case .input, .secret, .hosts, .step, .phase, .use, .output, .rolling: return !goesOn(next)
    case .retry: return next.kind != .integer && !goesOn(next)
    case .timeout: return next.kind != .duration && !goesOn(next)
    case .require, .unless, .check:
      return ![.code, .fence, .string].contains(next.kind) && !goesOn(next)
    }
  }

  /// Whether a word can be what its form is about, rather than what follows a name.
  private func goesOn(_ token: Token) -> Bool {
    let following: [StaticString] = [
      "and", "or", "in", "on", "after", "when", "as", "by", "from", "within", "every", "up", "to",
      "lasting", "else",
    ]
    return token.kind == .word && !token.isFirstOnLine
      && !following.contains { isWord($0, token) }
  }

  /// Whether the name that should stand here was forgotten, and one of the words that come after it
  /// stands in its place. Alone, such a word is a name.
  ///
  /// - Parameter following: what else can follow the name.
  func isForgotten(
    before options: [StaticString],
    following: [Token.Kind] = [.leftBrace, .rightBrace, .string, .end]
  ) -> Bool {
    guard current.kind == .word, !next.isFirstOnLine, !following.contains(next.kind) else {
      return false
    }
    return options.contains { isWord($0) } && !options.contains { isWord($0, next) }
  }

  func shown(_ token: Token) -> String {
    switch token.kind {
    case .word, .integer, .duration: "`\(text(token))`"
    case .string, .code, .fence, .leftBrace, .rightBrace, .leftParenthesis, .rightParenthesis,
      .comma, .colon, .assign, .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual,
      .end:
      token.kind.shown
    }
  }

  // MARK: - Reports

  mutating func report(
    _ code: DiagnosticCode, _ summary: String, _ range: SourceRange, help: String? = nil,
    notes: [Diagnostic.Note] = []
  ) {
    guard diagnostics.count < DiagnosticList.limit else { return }
    if !brokenLines.isEmpty, brokenLines.contains(file.line(at: range.start)) { return }
    diagnostics.append(
      Diagnostic(code, summary, at: Place(file, range), help: help, notes: notes))
  }

  /// Something is missing: told where it should stand, which is the end of the line before where
  /// the next token has a line of its own.
  mutating func expected(_ what: String, help: String? = nil) {
    lacksSomething = true
    if current.kind == .end {
      return reportEnd(expecting: what)
    }
    // The lexer has reported it already.
    if current.isDamaged { return }
    let help = help ?? "write \(what) here"
    if current.isFirstOnLine, index > 0 {
      let previous = tokens[index - 1]
      // What should follow may stand in what has no end.
      if previous.isDamaged { return }
      report(
        .unexpectedToken, "expected \(what) after \(shown(previous))", previous.range, help: help)
    } else {
      report(
        .unexpectedToken, "expected \(what), found \(shown(current))", current.range, help: help)
    }
  }

  /// The file ends too early: the block that was never closed is the mistake.
  mutating func reportEnd(expecting what: String) {
    guard !hasReportedEnd else { return }
    hasReportedEnd = true
    guard let open = suspect ?? openBlocks.last else {
      return report(
        .unexpectedToken, "the file ends where \(what) was expected", current.range,
        help: "write \(what)")
    }
    report(
      .unclosedBlock, "the block of \(open.shown) is never closed", open.brace,
      help: "close it with `}`")
  }

  // MARK: - What is lost

  /// Steps over what can't be understood to where the next form begins or the block ends, and keeps
  /// its words.
  mutating func recover() {
    var depth = 0
    while current.kind != .end {
      if depth == 0, current.kind == .rightBrace || beginsForm { return }
      if current.kind == .leftBrace { depth += 1 }
      if current.kind == .rightBrace { depth -= 1 }
      lose(current)
      advance()
    }
  }

  /// Gives up on the whole rest of the file.
  mutating func lose(from start: Int) {
    for token in tokens[start...] { lose(token) }
    index = tokens.count - 1
  }

  /// Steps over the rest of a list in parentheses, or to where a form or block begins.
  mutating func lose(untilClosing: Bool) {
    while current.kind != .end, current.kind != .leftBrace, current.kind != .rightBrace,
      !beginsForm
    {
      let isClosing = current.kind == .rightParenthesis
      lose(current)
      advance()
      if isClosing { return }
    }
  }

  /// Remembers the words of a token that is left out of the tree.
  mutating func lose(_ token: Token) {
    switch token.kind {
    case .word, .string, .code, .fence:
      for word in Words(bytes[token.start..<token.end]) { lostWords.insert(word) }
    case .integer, .duration, .leftBrace, .rightBrace, .leftParenthesis, .rightParenthesis, .comma,
      .colon, .assign, .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .end:
      break
    }
  }

  // MARK: - Documentation

  /// The `///` lines right before a token, without their slashes.
  func documentation(before token: Int) -> String {
    var low = 0
    var high = comments.count
    while low < high {
      let middle = (low + high) / 2
      if comments[middle].nextToken < token { low = middle + 1 } else { high = middle }
    }
    guard low < comments.count, comments[low].nextToken == token else { return "" }
    var lines: [String] = []
    while low < comments.count, comments[low].nextToken == token {
      let comment = comments[low]
      low += 1
      guard comment.isDocumentation, comment.isFirstOnLine else { continue }
      let line = file.text(SourceRange(comment.range.start + 3, comment.range.end))
      lines.append(line.hasPrefix(" ") ? String(line.dropFirst()) : line)
    }
    return lines.joined(separator: "\n")
  }
}

/// The words of a text that could be names of values: letters, digits and underscores.
struct Words: Sequence, IteratorProtocol {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  mutating func next() -> String? {
    while index < bytes.endIndex {
      guard isWordStart(bytes[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < bytes.endIndex, isWordPart(bytes[index]), bytes[index] != UInt8(ascii: "-") {
        index += 1
      }
      return String(decoding: bytes[start..<index], as: UTF8.self)
    }
    return nil
  }
}
