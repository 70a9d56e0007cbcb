/// Characters that belong to no token, most of them from another language or a word processor.
extension Lexer {
  /// Typographic quotes, in UTF-8: “ ” „ ‘ ’ « ».
  private static let foreignQuotes: [[UInt8]] = ["“", "”", "„", "‘", "’", "«", "»"].map {
    Array($0.utf8)
  }

  func startsForeignQuote(at index: Int) -> Bool {
    bytes[index] >= 0x80
      && Self.foreignQuotes.contains { bytes[index...].starts(with: $0) }
  }

  mutating func unexpected() {
    let start = offset
    switch bytes[offset] {
    case UInt8(ascii: "#"):
      skipToLineEnd()
      report(
        .unexpectedCharacter, "`#` begins no comment here", SourceRange(start, start + 1),
        help: "a comment begins with `//`")
    case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): foreignComment()
    case UInt8(ascii: ";"):
      offset += 1
      report(
        .unexpectedCharacter, "nothing ends with `;`", SourceRange(start, offset),
        help: "remove it")
    case UInt8(ascii: "'"): foreignString()
    case 0x80...: foreignString()
    case UInt8(ascii: "/"), UInt8(ascii: "~"), UInt8(ascii: "."), UInt8(ascii: "["),
      UInt8(ascii: "@"), UInt8(ascii: "\\"):
      bareString()
    default: strayCharacters()
    }
  }

  /// `/* … */`, to its end where it has one, else to that of its line.
  private mutating func foreignComment() {
    let start = offset
    let end = Array("*/".utf8)
    var index = offset + 2
    // Where one has no end, none behind it has: the file is searched once.
    while !hasOpenComment, index + 1 < bytes.count,
      bytes[index] != end[0] || bytes[index + 1] != end[1]
    {
      index += 1
    }
    if !hasOpenComment, index + 1 < bytes.count {
      offset = index + 2
    } else {
      hasOpenComment = true
      skipToLineEnd()
    }
    report(
      .unexpectedCharacter, "`/*` begins no comment here", SourceRange(start, start + 2),
      help: "a comment begins with `//` and ends with its line")
  }

  /// A string in quotes of another kind is taken as a string, so that it is one mistake.
  private mutating func foreignString() {
    let start = offset
    offset += width(at: offset)
    let opening = SourceRange(start, offset)
    while offset < bytes.count, bytes[offset] != 0x0A {
      let isQuote = bytes[offset] == UInt8(ascii: "'") || startsForeignQuote(at: offset)
      offset += width(at: offset)
      if isQuote || bytes[offset - 1] == UInt8(ascii: "\"") { break }
    }
    append(.string, SourceRange(start, offset), isDamaged: true)
    report(
      .unexpectedCharacter, "strings stand between `\"` and `\"`", opening,
      help: "use straight double quotes")
  }

  /// A path or address without its quotes.
  private mutating func bareString() {
    let start = offset
    let ends = Set("{}(),\"` \t\r\n".utf8)
    while let byte = peek(0), !ends.contains(byte) { offset += 1 }
    let range = SourceRange(start, offset)
    append(.string, range, isDamaged: true)
    report(
      .unexpectedCharacter, "strings stand between `\"` and `\"`", range,
      help: "put it in double quotes")
  }

  private mutating func strayCharacters() {
    let start = offset
    let first = bytes[offset]
    while let byte = peek(0), byte == first { offset += 1 }
    let shown = first < 0x20 || first == 0x7F ? "this control character" : "`\(glyph(first))`"
    report(
      .unexpectedCharacter, "\(shown) means nothing here", SourceRange(start, offset),
      help: remedy(first))
    followsStray = true
  }

  private func remedy(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "&"): "write `and`"
    case UInt8(ascii: "|"): "write `or`"
    case UInt8(ascii: "!"): "write `not`"
    case UInt8(ascii: "$"): "a name stands without `$` outside of strings and code"
    case UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "%"), UInt8(ascii: "-"):
      "there is no arithmetic; what needs a program is written in the host's shell"
    default: "remove it"
    }
  }

  private func glyph(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }

  /// How many bytes the character at an offset takes.
  private func width(at index: Int) -> Int {
    var end = index + 1
    while end < bytes.count, end < index + 4, bytes[end] & 0xC0 == 0x80 { end += 1 }
    return end - index
  }

  /// Reports the first byte that is not UTF-8, once: the rest of a Latin-1 file is no news.
  mutating func checkEncoding() {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        index = endOfASCII(from: index)
        continue
      }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      let end = min(index + length, bytes.count)
      if String(validating: bytes[index..<end], as: UTF8.self) == nil {
        return report(
          .notUTF8, "this is not UTF-8", SourceRange(index, index + 1),
          help: "save the file as UTF-8")
      }
      index = end
    }
  }

  /// Where the next byte stands that is not ASCII; eight are looked at in one.
  private func endOfASCII(from start: Int) -> Int {
    bytes.withUnsafeBytes { raw in
      var index = start
      while index + 8 <= raw.count,
        raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        index += 8
      }
      while index < raw.count, raw[index] < 0x80 { index += 1 }
      return index
    }
  }
}
