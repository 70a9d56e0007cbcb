/// The text of code between its backticks: what is sent to a host, and where in the file it stands.
enum CodeText {
  /// The text of a token of code: carriage returns and a fence's common indentation are removed,
  /// and a fence's text ends without a line break.
  static func text(_ file: SourceFile, _ token: Token) -> String {
    let content = content(file, token)
    let range = content.range
    // Files without carriage returns, which is most of them, are copied in one piece.
    let hasReturns = file.bytes[range.start..<range.end].contains(0x0D)
    if !content.isFence, !hasReturns { return file.text(range) }
    if !content.isFence {
      return String(
        decoding: file.bytes[range.start..<range.end].filter { $0 != 0x0D }, as: UTF8.self)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.end - range.start)
    let indentation = indentation(file, range)
    forEachLine(file, range) { line in
      if line.start > range.start { bytes.append(0x0A) }
      let rest = file.bytes[min(line.start + indentation, line.end)..<line.end]
      if hasReturns { bytes += rest.lazy.filter { $0 != 0x0D } } else { bytes += rest }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Where in the file a byte of the text stands.
  static func sourceOffset(_ file: SourceFile, code: SourceRange, of textOffset: Int) -> Int {
    let isFence = file.bytes[code.start...].starts(with: "```".utf8)
    let token = Token(isFence ? .fence : .code, code, isFirstOnLine: false)
    let content = content(file, token)
    guard content.isFence else { return min(content.range.start + textOffset, code.end) }
    let indentation = indentation(file, content.range)
    var remaining = textOffset
    var result: Int?
    forEachLine(file, content.range) { line in
      guard result == nil else { return }
      let start = min(line.start + indentation, line.end)
      let length = file.bytes[start..<line.end].reduce(0) { $0 + ($1 == 0x0D ? 0 : 1) }
      if remaining <= length { result = start + remaining } else { remaining -= length + 1 }
    }
    return min(result ?? code.end, code.end)
  }

  private static func content(
    _ file: SourceFile, _ token: Token
  ) -> (range: SourceRange, isFence: Bool) {
    let bytes = file.bytes
    guard token.kind == .fence else {
      let isClosed = token.end - token.start >= 2 && bytes[token.end - 1] == UInt8(ascii: "`")
      return (SourceRange(token.start + 1, isClosed ? token.end - 1 : token.end), false)
    }
    var start = token.start
    while start < token.end, bytes[start] != 0x0A { start += 1 }
    start = min(start + 1, token.end)
    // The line of the closing fence, where there is one, is not part of the code.
    var end = token.end
    if end - start >= 3, bytes[end - 3..<end].allSatisfy({ $0 == UInt8(ascii: "`") }) {
      end -= 3
      while end > start, bytes[end - 1] != 0x0A { end -= 1 }
      if end > start { end -= 1 }
    }
    return (SourceRange(start, max(start, end)), true)
  }

  /// How many blanks begin every line that is not blank; only equal ones count, tabs as tabs.
  private static func indentation(_ file: SourceFile, _ range: SourceRange) -> Int {
    let bytes = file.bytes
    var common: SourceRange?
    forEachLine(file, range) { line in
      var end = line.start
      while end < line.end, bytes[end] == 0x20 || bytes[end] == 0x09 { end += 1 }
      guard end < line.end, bytes[end] != 0x0D else { return }
      guard let known = common else {
        common = SourceRange(line.start, end)
        return
      }
      var length = 0
      while length < min(known.end - known.start, end - line.start),
        bytes[known.start + length] == bytes[line.start + length]
      {
        length += 1
      }
      common = SourceRange(known.start, known.start + length)
    }
    return common.map { $0.end - $0.start } ?? 0
  }

  private static func forEachLine(
    _ file: SourceFile, _ range: SourceRange, _ body: (SourceRange) -> Void
  ) {
    var start = range.start
    while true {
      var end = start
      while end < range.end, file.bytes[end] != 0x0A { end += 1 }
      body(SourceRange(start, end))
      if end >= range.end { return }
      start = end + 1
    }
  }
}
