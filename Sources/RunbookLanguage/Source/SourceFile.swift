import RunbookCore

/// The text of one file under the name by which a person knows it.
///
/// Everything in this module speaks of places as byte offsets into `bytes`; lines and columns are
/// worked out only where a person or the plan needs them. It is a class because every symbol and
/// diagnostic points to its file: one reference to copy, and the text never changes.
package final class SourceFile: Sendable {
  /// As it is shown: a path relative to where the person works.
  package let name: String
  package let bytes: [UInt8]
  /// The offset at which each line begins.
  let lineStarts: [Int]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    lineStarts = starts
  }

  package convenience init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// The name without directories and extension: `precheck` of `runbooks/parts/precheck.runbook`.
  package var stem: String {
    let base = name.split(separator: "/").last.map(String.init) ?? name
    return base.hasSuffix(".runbook") ? String(base.dropLast(".runbook".count)) : base
  }

  /// The text between two offsets; what is not UTF-8 is replaced.
  func text(_ range: SourceRange) -> String {
    String(decoding: bytes[range.start..<range.end], as: UTF8.self)
  }

  /// The line, counted from 1, that holds an offset.
  func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The same where offsets are asked in nearly rising order.
  ///
  /// - Parameter near: the line of the last one, from 0.
  func line(at offset: Int, near: inout Int) -> Int {
    if near < lineStarts.count, lineStarts[near] <= offset {
      for line in near..<min(near + 8, lineStarts.count)
      where line + 1 == lineStarts.count || lineStarts[line + 1] > offset {
        near = line
        return line + 1
      }
    }
    let line = line(at: offset)
    near = line - 1
    return line
  }

  /// The bytes of a line without its line break.
  func range(ofLine line: Int) -> SourceRange {
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return SourceRange(start, max(start, end))
  }

  /// Line and column of an offset for the plan; the column counts characters from 1.
  package func origin(at offset: Int) -> Origin {
    origin(at: offset, onLine: line(at: offset))
  }

  func origin(at offset: Int, onLine line: Int) -> Origin {
    var start = lineStarts[line - 1]
    if start == 0, startsWithByteOrderMark { start = 3 }
    var column = 1
    for byte in bytes[min(start, offset)..<offset] where byte & 0xC0 != 0x80 { column += 1 }
    return Origin(file: name, line: line, column: column)
  }

  /// The offset of an origin of this file, where it still names one.
  func offset(of origin: Origin) -> Int? {
    guard origin.line >= 1, origin.line <= lineStarts.count else { return nil }
    let range = range(ofLine: origin.line)
    var offset = range.start
    if offset == 0, startsWithByteOrderMark { offset = 3 }
    var column = 1
    while offset < range.end {
      if bytes[offset] & 0xC0 != 0x80 {
        if column == origin.column { return offset }
        column += 1
      }
      offset += 1
    }
    return column == origin.column ? offset : nil
  }

  var startsWithByteOrderMark: Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }
}

/// A half-open range of byte offsets in one file.
struct SourceRange: Hashable, Sendable {
  var start: Int
  var end: Int

  init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  var isEmpty: Bool { start >= end }

  /// From the beginning of this range to the end of another.
  func through(_ other: SourceRange) -> SourceRange {
    SourceRange(start, max(end, other.end))
  }
}
