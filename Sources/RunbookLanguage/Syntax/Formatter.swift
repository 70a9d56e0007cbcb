/// Writes a file the one way that everybody writes it.
///
/// Two blanks for each block, one form on a line, at most one empty line between forms, lines of at
/// most 100 columns broken before an option or after a comma. Comments and code keep every byte but
/// their indentation. A block that stands on one line stays there while it fits. What is formatted
/// compiles to the same plan, and formatting it again changes nothing.
package struct Formatter {
  package static let width = 100

  private let file: SourceFile
  private let tokens: [Token]
  private let comments: [Comment]
  private let layout: [Parser.Layout]
  /// The closing brace of each opening one.
  private let closings: [Int: Int]
  private var text = ""
  private var column = 0
  private var index = 0
  private var commentIndex = 0

  /// The formatted text; nil with the mistakes where the file can't be parsed.
  package static func format(_ file: SourceFile) -> (text: String?, diagnostics: [Diagnostic]) {
    let isSite = file.name.split(separator: "/").last == "site.runbook"
    let (_, parser) = Parser.parse(file, isSite: isSite)
    guard parser.diagnostics.isEmpty else { return (nil, parser.diagnostics) }
    var formatter = Formatter(file, parser)
    formatter.items(indentation: 0)
    return (formatter.text.isEmpty ? "" : formatter.text + "\n", [])
  }

  private init(_ file: SourceFile, _ parser: Parser) {
    self.file = file
    tokens = parser.tokens
    comments = parser.comments
    layout = parser.layout
    var open: [Int] = []
    var closings: [Int: Int] = [:]
    for (index, layout) in parser.layout.enumerated() {
      if layout.contains(.blockOpen) { open.append(index) }
      if layout.contains(.blockClose), let start = open.popLast() { closings[start] = index }
    }
    self.closings = closings
  }

  // MARK: - Forms

  /// The forms of a block, each on a line of its own, up to its closing brace.
  private mutating func items(indentation: Int) {
    var isFirst = true
    while true {
      while let comment = nextComment {
        startLine(indentation, isFirst: isFirst, before: comment.range.start)
        write(comment)
        isFirst = false
      }
      guard index < tokens.count - 1, !layout[index].contains(.blockClose) else { return }
      startLine(indentation, isFirst: isFirst, before: tokens[index].start)
      item(indentation)
      isFirst = false
    }
  }

  /// One form with its options and blocks.
  private mutating func item(_ indentation: Int) {
    var mustBreak = false
    write(tokens[index], indentation, &mustBreak)
    while true {
      while let comment = nextComment, !comment.isFirstOnLine {
        write("  ")
        write(comment)
        mustBreak = true
      }
      guard index < tokens.count - 1, !endsItem(index) else { return }
      while let comment = nextComment {
        breakLine(indentation + 4)
        write(comment)
        mustBreak = true
      }
      if layout[index].contains(.blockOpen), let closing = closings[index] {
        if mustBreak { breakLine(indentation) }
        mustBreak = false
        block(indentation, closing, &mustBreak)
        continue
      }
      if mustBreak || layout[index].contains(.softBreak) && !fits(segment: index) {
        breakLine(indentation + 4)
        mustBreak = false
      } else {
        write(gap(before: index))
      }
      write(tokens[index], indentation, &mustBreak)
    }
  }

  private func endsItem(_ index: Int) -> Bool {
    layout[index].contains(.item) || layout[index].contains(.blockClose)
  }

  private mutating func block(_ indentation: Int, _ closing: Int, _ mustBreak: inout Bool) {
    write(column == indentation ? "" : " ")
    if isOnOneLine(index, closing) {
      let line = oneLine(index, closing)
      if column + width(of: line) <= Self.width {
        write(line)
        index = closing + 1
        return
      }
    }
    write("{")
    index += 1
    if let comment = nextComment, !comment.isFirstOnLine {
      write("  ")
      write(comment)
    }
    items(indentation: indentation + 2)
    breakLine(indentation)
    write("}")
    index = closing + 1
  }

  /// A block is kept on one line where it stands on one, and one without forms always is.
  private func isOnOneLine(_ open: Int, _ closing: Int) -> Bool {
    let inner = open + 1...closing
    guard !comments.contains(in: inner), !inner.contains(where: { tokens[$0].kind == .fence })
    else { return false }
    if !inner.contains(where: { layout[$0].contains(.item) }) { return true }
    return file.line(at: tokens[open].start) == file.line(at: tokens[closing].start)
  }

  private func oneLine(_ open: Int, _ closing: Int) -> String {
    if closing == open + 1 { return "{}" }
    var line = "{ "
    for index in open + 1..<closing {
      if index > open + 1 { line += gap(before: index) }
      line += tokenText(tokens[index])
    }
    return line + " }"
  }

  // MARK: - Tokens

  private mutating func write(_ token: Token, _ indentation: Int, _ mustBreak: inout Bool) {
    index += 1
    guard token.kind == .fence else { return write(tokenText(token)) }
    write("```")
    let code = CodeText.text(file, token)
    for line in code.split(separator: "\n", omittingEmptySubsequences: false) {
      breakLine(line.isEmpty ? 0 : indentation + 2)
      write(String(line))
    }
    breakLine(indentation)
    write("```")
    mustBreak = true
  }

  private func tokenText(_ token: Token) -> String {
    let text = file.text(token.range)
    return text.utf8.contains(0x0D) ? String(text.unicodeScalars.filter { $0 != "\r" }) : text
  }

  private func gap(before index: Int) -> String {
    if layout[index].contains(.pair) {
      return layout[index - 1].contains(.blockOpen) ? " " : "  "
    }
    switch tokens[index].kind {
    case .comma, .colon, .rightParenthesis: return ""
    case .leftParenthesis where layout[index].contains(.call): return ""
    case .word, .string, .code, .fence, .integer, .duration, .leftBrace, .rightBrace,
      .leftParenthesis, .assign, .equal, .unequal, .less, .lessOrEqual, .greater,
      .greaterOrEqual, .end:
      return tokens[index - 1].kind == .leftParenthesis ? "" : " "
    }
  }

  /// Whether what stands between here and the next place for a break fits on the line.
  private func fits(segment start: Int) -> Bool {
    var end = column + gap(before: start).count
    var index = start
    while index < tokens.count - 1 {
      if index > start {
        if endsItem(index) || layout[index].contains(.softBreak) { break }
        end += gap(before: index).count
      }
      let token = tokens[index]
      if token.kind == .fence { return end + 3 <= Self.width }
      end += width(of: tokenText(token))
      if layout[index].contains(.blockOpen) { break }
      index += 1
    }
    return end <= Self.width
  }

  // MARK: - Comments

  /// The comment that stands before the token at hand and is not written yet.
  private var nextComment: Comment? {
    guard commentIndex < comments.count, comments[commentIndex].nextToken <= index else {
      return nil
    }
    return comments[commentIndex]
  }

  private mutating func write(_ comment: Comment) {
    write(file.text(comment.range))
    commentIndex += 1
  }

  // MARK: - Lines

  /// A new line for a form or comment, after an empty one where the source has one.
  private mutating func startLine(_ indentation: Int, isFirst: Bool, before offset: Int) {
    guard !text.isEmpty else { return }
    if !isFirst, hasEmptyLine(before: offset) { text += "\n" }
    breakLine(indentation)
  }

  private func hasEmptyLine(before offset: Int) -> Bool {
    var index = offset - 1
    var breaks = 0
    while index >= 0, [0x20, 0x09, 0x0D, 0x0A].contains(file.bytes[index]) {
      if file.bytes[index] == 0x0A { breaks += 1 }
      index -= 1
    }
    return breaks > 1
  }

  private mutating func breakLine(_ indentation: Int) {
    text += "\n" + String(repeating: " ", count: indentation)
    column = indentation
  }

  private mutating func write(_ part: String) {
    text += part
    column += width(of: part)
  }

  private func width(of text: String) -> Int {
    text.utf8.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }
}

extension [Comment] {
  /// Whether one of them stands before any of the tokens; they are in order.
  fileprivate func contains(in tokens: ClosedRange<Int>) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].nextToken < tokens.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].nextToken <= tokens.upperBound
  }
}
