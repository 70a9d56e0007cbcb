/// A value of JSON, as far as an inventory needs it.
indirect enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// As it is written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  enum Reading {
    case success(JSONValue)
    case failure(Diagnostic)
  }

  static func parse(_ file: SourceFile) -> Reading {
    var reader = JSONReader(file)
    return reader.read()
  }

  subscript(key: String) -> JSONValue? { members?[key] }

  var members: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The text of a value without parts.
  var text: String? {
    switch self {
    case .bool(let truth): truth ? "true" : "false"
    case .number(let digits): digits
    case .string(let text): text
    case .null, .array, .object: nil
    }
  }
}

private struct JSONReader {
  private let file: SourceFile
  private var offset: Int
  private static let depthLimit = 64

  init(_ file: SourceFile) {
    self.file = file
    offset = file.startsWithByteOrderMark ? 3 : 0
  }

  mutating func read() -> JSONValue.Reading {
    guard let value = value(depth: 0) else { return failure() }
    skipBlanks()
    return offset == file.bytes.count ? .success(value) : failure()
  }

  private func failure() -> JSONValue.Reading {
    let start = min(offset, max(0, file.bytes.count - 1))
    return .failure(
      Diagnostic(
        .inventoryFormat, "this is not JSON", at: Place(file, SourceRange(start, start + 1)),
        help: "write what `ansible-inventory --list` prints into the file"))
  }

  private mutating func value(depth: Int) -> JSONValue? {
    guard depth < Self.depthLimit else { return nil }
    skipBlanks()
    switch peek() {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "t"): return word("true", .bool(true))
    case UInt8(ascii: "f"): return word("false", .bool(false))
    case UInt8(ascii: "n"): return word("null", .null)
    default: return number()
    }
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    var members: [String: JSONValue] = [:]
    offset += 1
    skipBlanks()
    if take("}") { return .object(members) }
    while true {
      skipBlanks()
      guard peek() == UInt8(ascii: "\""), let key = string() else { return nil }
      skipBlanks()
      guard take(":"), let value = value(depth: depth + 1) else { return nil }
      members[key] = value
      skipBlanks()
      if take("}") { return .object(members) }
      guard take(",") else { return nil }
    }
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    var elements: [JSONValue] = []
    offset += 1
    skipBlanks()
    if take("]") { return .array(elements) }
    while true {
      guard let value = value(depth: depth + 1) else { return nil }
      elements.append(value)
      skipBlanks()
      if take("]") { return .array(elements) }
      guard take(",") else { return nil }
    }
  }

  private mutating func string() -> String? {
    var text = String.UnicodeScalarView()
    var plain = offset + 1
    offset += 1
    func flush(_ end: Int) {
      text.append(
        contentsOf: String(decoding: file.bytes[plain..<end], as: UTF8.self).unicodeScalars)
    }
    while let byte = peek() {
      if byte == UInt8(ascii: "\"") {
        flush(offset)
        offset += 1
        return String(text)
      }
      guard byte >= 0x20 else { return nil }
      guard byte == UInt8(ascii: "\\") else {
        offset += 1
        continue
      }
      flush(offset)
      guard let scalar = escape() else { return nil }
      text.append(scalar)
      plain = offset
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    offset += 1
    guard let byte = peek() else { return nil }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let first = hexadecimal() else { return nil }
      guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
      guard take("\\"), take("u"), let second = hexadecimal(), (0xDC00..<0xE000).contains(second)
      else { return nil }
      return Unicode.Scalar(0x10000 + (first - 0xD800) * 0x400 + (second - 0xDC00))
    default: return nil
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    guard offset + 4 <= file.bytes.count else { return nil }
    defer { offset += 4 }
    return UInt32(String(decoding: file.bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
  }

  private mutating func number() -> JSONValue? {
    let start = offset
    let signs = Set("+-.eE0123456789".utf8)
    while let byte = peek(), signs.contains(byte) { offset += 1 }
    let text = String(decoding: file.bytes[start..<offset], as: UTF8.self)
    return Double(text) == nil ? nil : .number(text)
  }

  private mutating func word(_ word: String, _ value: JSONValue) -> JSONValue? {
    guard file.bytes[offset...].starts(with: word.utf8) else { return nil }
    offset += word.utf8.count
    return value
  }

  private mutating func skipBlanks() {
    while let byte = peek(), [0x20, 0x09, 0x0D, 0x0A].contains(byte) { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private func peek() -> UInt8? { offset < file.bytes.count ? file.bytes[offset] : nil }
}
