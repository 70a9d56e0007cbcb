/// Splits a file into tokens and comments; what is wrong is reported and taken as it was meant.
struct Lexer {
  let file: SourceFile
  /// Those of the file, within reach.
  let bytes: [UInt8]
  private(set) var tokens: [Token] = []
  private(set) var comments: [Comment] = []
  var diagnostics: [Diagnostic] = []
  /// Whether a string or code without an end took a brace with it or the rest of the file, so that
  /// a block that seems to be open or closed too early is no news.
  private(set) var hasOpenEnd = false
  /// Lines on which a quote is missing, perhaps further to the left than it seems.
  private(set) var brokenLines: Set<Int> = []

  var offset = 0
  private var isFirstOnLine = true
  /// Whether a `/*` without its end has been met.
  var hasOpenComment = false
  /// What follows a stray character is where that leads to, not a mistake of its own.
  var followsStray = false

  /// Offsets are kept in 32 bits, and no runbook is near this.
  static let sizeLimit = 64 * 1024 * 1024

  init(_ file: SourceFile) {
    self.file = file
    bytes = file.bytes
  }

  /// The whole file; the last token is always `end`.
  static func lex(_ file: SourceFile) -> Lexer {
    var lexer = Lexer(file)
    lexer.run()
    return lexer
  }

  private mutating func run() {
    guard bytes.count <= Self.sizeLimit else {
      report(
        .tooLarge, "this file is larger than 64 MiB", SourceRange(0, 0),
        help: "a runbook is text that people read; put data in a file of its own")
      tokens = [Token(.end, SourceRange(0, 0), isFirstOnLine: true)]
      hasOpenEnd = true
      return
    }
    tokens.reserveCapacity(bytes.count / 5 + 1)
    checkEncoding()
    if file.startsWithByteOrderMark { offset = 3 }
    while offset < bytes.count { next() }
    let end = bytes.count
    tokens.append(Token(.end, SourceRange(end, end), isFirstOnLine: isFirstOnLine))
  }

  private mutating func next() {
    let start = offset
    let byte = bytes[offset]
    switch byte {
    case 0x0A:
      offset += 1
      isFirstOnLine = true
      followsStray = false
    case 0x20, 0x09, 0x0D:
      var end = offset + 1
      while end < bytes.count, bytes[end] == 0x20 { end += 1 }
      offset = end
    case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"): comment()
    case UInt8(ascii: "\""): string()
    case UInt8(ascii: "`"): code()
    case UInt8(ascii: "{"): sign(.leftBrace, 1)
    case UInt8(ascii: "}"): sign(.rightBrace, 1)
    case UInt8(ascii: "("): sign(.leftParenthesis, 1)
    case UInt8(ascii: ")"): sign(.rightParenthesis, 1)
    case UInt8(ascii: ","): sign(.comma, 1)
    case UInt8(ascii: ":"): sign(.colon, 1)
    case UInt8(ascii: "="):
      if peek(1) == UInt8(ascii: "=") { sign(.equal, 2) } else { sign(.assign, 1) }
    case UInt8(ascii: "!") where peek(1) == UInt8(ascii: "="): sign(.unequal, 2)
    case UInt8(ascii: "<"):
      if peek(1) == UInt8(ascii: "=") { sign(.lessOrEqual, 2) } else { sign(.less, 1) }
    case UInt8(ascii: ">"):
      if peek(1) == UInt8(ascii: "=") { sign(.greaterOrEqual, 2) } else { sign(.greater, 1) }
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
    case UInt8(ascii: "-") where isDigit(peek(1)): number()
    case _ where isWordStart(byte) && (byte < 0x80 || !startsForeignQuote(at: offset)): word()
    default: unexpected()
    }
    precondition(offset > start, "the lexer stands still at \(start)")
  }

  // MARK: - Tokens

  mutating func append(
    _ kind: Token.Kind, _ range: SourceRange, isDamaged: Bool = false, form: Form? = nil
  ) {
    let isDoubtful = isDamaged || followsStray
    tokens.append(
      Token(kind, range, isFirstOnLine: isFirstOnLine, isDamaged: isDoubtful, form: form))
    isFirstOnLine = false
    followsStray = false
  }

  private mutating func sign(_ kind: Token.Kind, _ length: Int) {
    append(kind, SourceRange(offset, offset + length))
    offset += length
  }

  private mutating func word() {
    let start = offset
    var end = start + 1
    while end < bytes.count, isWordPart(bytes[end]) { end += 1 }
    offset = end
    append(.word, SourceRange(start, end), form: Form.named(bytes, from: start, to: end))
  }

  /// Digits, with a unit for a duration; what the unit means is the parser's business.
  private mutating func number() {
    let start = offset
    offset += 1
    while isDigit(peek(0)) { offset += 1 }
    if peek(0) == UInt8(ascii: "."), isDigit(peek(1)) { return fraction(from: start) }
    let isDuration = offset < bytes.count && isWordPart(bytes[offset])
    while offset < bytes.count, isWordPart(bytes[offset]) { offset += 1 }
    append(isDuration ? .duration : .integer, SourceRange(start, offset))
  }

  private mutating func fraction(from start: Int) {
    while let byte = peek(0), isWordPart(byte) || byte == UInt8(ascii: ".") { offset += 1 }
    let range = SourceRange(start, offset)
    append(isDigit(bytes[offset - 1]) ? .integer : .duration, range, isDamaged: true)
    report(
      .badNumber, "numbers are whole", range,
      help: "write a smaller unit, `1500ms` for one and a half seconds; text stands in quotes")
  }

  private mutating func comment() {
    let start = offset
    skipToLineEnd()
    var end = offset
    while end > start, [0x0D, 0x20, 0x09].contains(bytes[end - 1]) { end -= 1 }
    let slashes = bytes[start..<end].prefix { $0 == UInt8(ascii: "/") }.count
    comments.append(
      Comment(
        range: SourceRange(start, end), isDocumentation: slashes == 3,
        isFirstOnLine: isFirstOnLine, nextToken: tokens.count))
  }

  private mutating func string() {
    let start = offset
    offset += 1
    while offset < bytes.count, bytes[offset] != 0x0A {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return append(.string, SourceRange(start, offset))
      case UInt8(ascii: "\\") where offset + 1 < bytes.count && bytes[offset + 1] != 0x0A:
        offset += 2
      default: offset += 1
      }
    }
    append(.string, SourceRange(start, offset), isDamaged: true)
    markLostBrace(from: start)
    markBrokenLine()
    report(
      .unclosedString, "this string does not end on its line", SourceRange(start, start + 1),
      help: "close it with `\"`; a line break within a string is written `\\n`")
  }

  // MARK: - Characters

  func peek(_ distance: Int) -> UInt8? {
    let index = offset + distance
    return index < bytes.count ? bytes[index] : nil
  }

  mutating func skipToLineEnd() {
    while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
  }

  mutating func markOpenEnd() { hasOpenEnd = true }

  /// A quote is missing on this line: what seems to be stray there may stand in a string.
  mutating func markBrokenLine() {
    let line = file.line(at: offset - 1)
    brokenLines.insert(line)
    while let last = diagnostics.last, last.code == .unexpectedCharacter, let place = last.place,
      file.line(at: place.range.start) == line
    {
      diagnostics.removeLast()
    }
  }

  /// What runs to the end of its line may have been meant to end before a brace.
  mutating func markLostBrace(from start: Int) {
    let depth = bytes[start..<offset].reduce(0) { depth, byte in
      byte == UInt8(ascii: "{") ? depth + 1 : byte == UInt8(ascii: "}") ? depth - 1 : depth
    }
    if depth != 0 { markOpenEnd() }
  }

  mutating func report(
    _ code: DiagnosticCode, _ summary: String, _ range: SourceRange, help: String? = nil
  ) {
    guard diagnostics.count < DiagnosticList.limit else { return }
    diagnostics.append(Diagnostic(code, summary, at: Place(file, range), help: help))
  }
}

func isDigit(_ byte: UInt8?) -> Bool {
  byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
}

func isLowerLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
}

/// Letters of every script: a name with an accent is one wrong word, not three mistakes.
func isWordStart(_ byte: UInt8) -> Bool {
  isLowerLetter(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    || byte == UInt8(ascii: "_") || byte >= 0x80
}

func isWordPart(_ byte: UInt8) -> Bool {
  isWordStart(byte) || isDigit(byte) || byte == UInt8(ascii: "-")
}
