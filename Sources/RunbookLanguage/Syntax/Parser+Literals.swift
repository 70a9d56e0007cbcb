import RunbookCore

/// Strings, numbers and durations.
extension Parser {
  /// A string with the names in it, or nil with a report.
  mutating func requiredString(_ what: String) -> StringSyntax? {
    guard current.kind == .string else {
      expected(what, help: help(forTextIn: current))
      guard stepsOverLiteral() || stepsOverBareWord() else { return nil }
      let range = tokens[index - 1].range
      return StringSyntax(pieces: [.init(content: .text("?"), range: range)], range: range)
    }
    return string()
  }

  private func help(forTextIn token: Token) -> String? {
    if token.kind == .code || token.kind == .fence || token.kind == .rightBrace {
      return "text stands in double quotes"
    }
    guard token.kind == .word, !token.isFirstOnLine, token.form == nil else {
      return nil
    }
    return "text stands in double quotes: `\"\(text(token))\"`"
  }

  /// A literal of another kind stands for what was meant: what follows it is no news.
  mutating func stepsOverLiteral() -> Bool {
    switch current.kind {
    case .string, .code, .fence, .integer, .duration:
      guard !current.isFirstOnLine else { return false }
      lose(current)
      advance()
      return true
    case .word, .leftBrace, .rightBrace, .leftParenthesis, .rightParenthesis, .comma, .colon,
      .assign, .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .end:
      return false
    }
  }

  /// Words that follow a string in some form, and show that it was forgotten.
  private static let followers: [StaticString] = [
    "to", "is", "says", "key", "section", "language", "from", "else", "lasting", "after", "when",
    "as",
  ]

  /// A word without its quotes is the text that was meant.
  private mutating func stepsOverBareWord() -> Bool {
    guard current.kind == .word, !current.isFirstOnLine, currentForm == nil, !beginsOption,
      !Self.followers.contains(where: { isWord($0) })
    else { return false }
    lose(current)
    advance()
    return true
  }

  /// The current token, which is a string.
  mutating func string() -> StringSyntax {
    let token = current
    advance()
    guard !isDoubtful(token) else {
      lose(token)
      let piece = StringSyntax.Piece(content: .text("?"), range: token.range)
      return StringSyntax(pieces: [piece], range: token.range)
    }
    let end = token.end - 1
    let inner = SourceRange(token.start + 1, end)
    let isPlain = !bytes[inner.start..<inner.end].contains {
      $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "\\") || $0 == 0x0D
    }
    if isPlain {
      let piece = StringSyntax.Piece(content: .text(file.text(inner)), range: inner)
      return StringSyntax(pieces: inner.isEmpty ? [] : [piece], range: token.range)
    }
    var pieces: [StringSyntax.Piece] = []
    var text: [UInt8] = []
    var textStart = inner.start
    var offset = inner.start
    func flush(_ pieces: inout [StringSyntax.Piece]) {
      guard !text.isEmpty else { return }
      pieces.append(
        StringSyntax.Piece(
          content: .text(String(decoding: text, as: UTF8.self)),
          range: SourceRange(textStart, offset)))
      text = []
    }
    while offset < end {
      let start = offset
      switch bytes[offset] {
      case UInt8(ascii: "\\"): text.append(escape(at: &offset, end))
      case 0x0D: offset += 1
      case UInt8(ascii: "$"):
        switch dollar(at: start, end) {
        case .sign:
          text.append(UInt8(ascii: "$"))
          offset += 2
        case .name(let name, let range):
          flush(&pieces)
          pieces.append(.init(content: .name(name), range: range))
          offset = range.end
          textStart = offset
        case .damaged(let next):
          text.append(UInt8(ascii: "?"))
          offset = next
        }
      default:
        text.append(bytes[offset])
        offset += 1
      }
    }
    flush(&pieces)
    return StringSyntax(pieces: pieces, range: token.range)
  }

  private mutating func escape(at offset: inout Int, _ end: Int) -> UInt8 {
    let start = offset
    offset += 2
    switch bytes[start + 1] {
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "t"): return 0x09
    default:
      while offset < end, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      report(
        .badEscape, "`\(file.text(SourceRange(start, offset)))` is no escape",
        SourceRange(start, offset),
        help: "escapes are `\\\"`, `\\\\`, `\\n` and `\\t`; a backslash itself is `\\\\`")
      return UInt8(ascii: "?")
    }
  }

  private enum Dollar {
    case sign
    case name(String, SourceRange)
    /// Reported; where the text goes on.
    case damaged(Int)
  }

  /// `$name`, `${name}` or `$$`.
  private mutating func dollar(at start: Int, _ end: Int) -> Dollar {
    var offset = start + 1
    if offset < end, bytes[offset] == UInt8(ascii: "$") { return .sign }
    let isBraced = offset < end && bytes[offset] == UInt8(ascii: "{")
    if isBraced { offset += 1 }
    let nameStart = offset
    while offset < end,
      isLowerLetter(bytes[offset]) || offset > nameStart && isNamePart(bytes[offset])
    {
      offset += 1
    }
    let isNamed = offset > nameStart
    let isClosed = !isBraced || offset < end && bytes[offset] == UInt8(ascii: "}")
    if isNamed, isClosed {
      let name = file.text(SourceRange(nameStart, offset))
      return .name(name, SourceRange(start, isBraced ? offset + 1 : offset))
    }
    while offset < end, isWordPart(bytes[offset]) { offset += 1 }
    for word in Words(bytes[nameStart..<offset]) { lostWords.insert(word) }
    let help =
      isBraced && isNamed
      ? "close it: `${\(file.text(SourceRange(nameStart, offset)))}`"
      : "write `$$` for a dollar; only `$name` and `${name}` are replaced, by names of the runbook"
    report(
      .badDollar, "this `$` is followed by no name", SourceRange(start, offset), help: help)
    return .damaged(offset)
  }

  private func isNamePart(_ byte: UInt8) -> Bool {
    isLowerLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
  }

  // MARK: - Values

  /// A literal of any type, or nil (and nothing reported) where none stands here.
  mutating func literal() -> LiteralSyntax? {
    let token = current
    switch token.kind {
    case .string:
      let string = string()
      guard let text = string.literal else {
        lose(token)
        report(
          .literalNeeded, "no names can stand in this string", string.nameRange ?? string.range,
          help: "write it without `$`; `$$` is a dollar")
        return LiteralSyntax(value: .string("?"), range: string.range, isDamaged: true)
      }
      return LiteralSyntax(
        value: .string(text), range: string.range, isDamaged: isDoubtful(token))
    case .integer:
      advance()
      return LiteralSyntax(
        value: .int(integer(token)), range: token.range, isDamaged: token.isDamaged)
    case .duration:
      advance()
      return LiteralSyntax(
        value: .duration(duration(token)), range: token.range, isDamaged: token.isDamaged)
    case .word where isWord("true") || isWord("false"):
      defer { advance() }
      return LiteralSyntax(value: .bool(isWord("true")), range: token.range)
    case .word, .code, .fence, .leftBrace, .rightBrace, .leftParenthesis, .rightParenthesis,
      .comma, .colon, .assign, .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual,
      .end:
      return nil
    }
  }

  /// Whether a literal stands here, as `literal` takes one.
  var beginsLiteral: Bool {
    [.string, .integer, .duration].contains(current.kind) || isWord("true") || isWord("false")
  }

  private mutating func integer(_ token: Token) -> Int {
    if token.isDamaged { return 1 }
    if let number = Int(text(token)), number.magnitude <= Amounts.limit { return number }
    report(.badNumber, "this number is too large", token.range, help: "write a smaller one")
    return 1
  }

  private mutating func duration(_ token: Token) -> Int {
    if token.isDamaged { return 1000 }
    switch Amounts.duration(text(token)) {
    case .milliseconds(let count): return count
    case .badUnit(let unit):
      report(
        .durationUnit, "`\(unit)` is no unit of time", token.range,
        help: "units are `ms`, `s`, `m` and `h`: `500ms`, `30s`, `5m`, `2h`")
    case .tooLarge:
      report(.badNumber, "this duration is too long", token.range, help: "write a shorter one")
    }
    return 1000
  }
}
