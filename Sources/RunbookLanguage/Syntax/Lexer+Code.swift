/// Code between backticks: on one line, or in a fence of three.
extension Lexer {
  private static let backtick = UInt8(ascii: "`")

  mutating func code() {
    if peek(1) == Self.backtick, peek(2) == Self.backtick { return fence() }
    let start = offset
    offset += 1
    while offset < bytes.count, bytes[offset] != 0x0A {
      guard bytes[offset] == Self.backtick else {
        offset += 1
        continue
      }
      let content = SourceRange(start + 1, offset)
      offset += 1
      let isEmpty = isBlank(content)
      append(.code, SourceRange(start, offset), isDamaged: isEmpty)
      if isEmpty { reportEmpty(SourceRange(start, offset)) }
      return
    }
    append(.code, SourceRange(start, offset), isDamaged: true)
    markLostBrace(from: start)
    markBrokenLine()
    report(
      .unclosedCode, "this code does not end on its line", SourceRange(start, start + 1),
      help: "close it with a backtick, or put several lines in a fence of three backticks")
  }

  /// From the opening fence to the line on which the closing one stands alone.
  private mutating func fence() {
    let start = offset
    offset += 3
    let afterOpening = offset
    skipToLineEnd()
    let opening = SourceRange(start, start + 3)
    var isDamaged = false
    if !isBlank(SourceRange(afterOpening, offset)) {
      isDamaged = true
      if let end = closingOnOpeningLine(from: afterOpening) {
        offset = end
        append(.fence, SourceRange(start, end), isDamaged: true)
        return report(
          .fenceLine, "a fence takes lines of its own", opening,
          help: "write code on one line between single backticks")
      }
      report(
        .fenceLine, "nothing may follow an opening fence on its line", rest(afterOpening, offset),
        help: "begin the code on the next line")
    }
    let contentStart = min(offset + 1, bytes.count)
    while offset < bytes.count {
      offset += 1
      let lineStart = offset
      skipToLineEnd()
      let line = SourceRange(lineStart, offset)
      guard let fence = fenceStart(in: line) else { continue }
      if !isBlank(SourceRange(fence + 3, offset)) {
        isDamaged = true
        report(
          .fenceLine, "a closing fence stands alone on its line", rest(fence + 3, offset),
          help: "put what follows on the next line")
        offset = fence + 3
      }
      let isEmpty = isBlank(SourceRange(contentStart, lineStart))
      append(.fence, SourceRange(start, fence + 3), isDamaged: isDamaged || isEmpty)
      if isEmpty, !isDamaged { reportEmpty(opening) }
      return
    }
    append(.fence, SourceRange(start, bytes.count), isDamaged: true)
    markOpenEnd()
    report(
      .unclosedFence, "this fence is never closed", opening,
      help: "close it with three backticks alone on a line")
  }

  private func closingOnOpeningLine(from start: Int) -> Int? {
    var index = start
    while index + 2 < offset {
      if bytes[index...index + 2].allSatisfy({ $0 == Self.backtick }) { return index + 3 }
      index += 1
    }
    return nil
  }

  /// Where three backticks begin a line, blanks aside.
  private func fenceStart(in line: SourceRange) -> Int? {
    var index = line.start
    while index < line.end, [0x20, 0x09].contains(bytes[index]) { index += 1 }
    guard index + 3 <= line.end else { return nil }
    return bytes[index..<index + 3].allSatisfy { $0 == Self.backtick } ? index : nil
  }

  private func isBlank(_ range: SourceRange) -> Bool {
    bytes[range.start..<max(range.start, range.end)].allSatisfy {
      [0x20, 0x09, 0x0D, 0x0A].contains($0)
    }
  }

  /// What stands between two offsets, without the blanks around it.
  private func rest(_ start: Int, _ end: Int) -> SourceRange {
    var range = SourceRange(start, end)
    while range.start < range.end, [0x20, 0x09].contains(bytes[range.start]) {
      range.start += 1
    }
    while range.end > range.start, [0x20, 0x09, 0x0D].contains(bytes[range.end - 1]) {
      range.end -= 1
    }
    return range
  }

  private mutating func reportEmpty(_ range: SourceRange) {
    report(.emptyCode, "this code is empty", range, help: "write what to run, or remove the form")
  }
}
