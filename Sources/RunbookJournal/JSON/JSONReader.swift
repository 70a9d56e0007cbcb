/// Parses JSON bytes; strict, bounded in depth, without I/O.
struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private static let deepest = 32

  /// Parses exactly one value.
  static func parse(_ bytes: some Collection<UInt8>) throws -> JSON {
    let parsed = try bytes.withContiguousStorageIfAvailable { try parse(buffer: $0) }
    if let parsed { return parsed }
    return try Array(bytes).withUnsafeBufferPointer { try parse(buffer: $0) }
  }

  private static func parse(buffer: UnsafeBufferPointer<UInt8>) throws -> JSON {
    var reader = JSONReader(bytes: buffer)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == buffer.count else { throw reader.error("more than one value") }
    return value
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func value(depth: Int) throws -> JSON {
    guard depth < Self.deepest else { throw error("nested too deeply") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try elements(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .int(try int())
    }
  }

  private mutating func members(depth: Int) throws -> [JSON.Member] {
    position += 1
    var members: [JSON.Member] = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return members }
    repeat {
      skipSpace()
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("a colon is missing") }
      members.append(JSON.Member(key: key, value: try value(depth: depth + 1)))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("an object does not end") }
    return members
  }

  private mutating func elements(depth: Int) throws -> [JSON] {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("an array does not end") }
    return elements
  }

  private mutating func string() throws -> String {
    guard take(UInt8(ascii: "\"")) else { throw error("a string is missing") }
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw error("a bare control character") }
      position += 1
    }
    guard peek != nil else { throw error("a string does not end") }
    if take(UInt8(ascii: "\"")) { return try text(bytes[start..<position - 1]) }
    return try escapedString(from: start)
  }

  private mutating func escapedString(from start: Int) throws -> String {
    var content = Array(bytes[start..<position])
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(content)
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case 0..<0x20: throw error("a bare control character")
      default: content.append(byte)
      }
    }
    throw error("a string does not end")
  }

  private mutating func escape() throws -> [UInt8] {
    guard let byte = peek else { throw error("an escape does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw error("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws -> [UInt8] {
    var code = try fourHexDigits()
    if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try fourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
    return Array(UTF8.encode(scalar)!)
  }

  private mutating func fourHexDigits() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("an escape does not end")
      }
      code = code << 4 + UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func int() throws -> Int {
    let isNegative = take(UInt8(ascii: "-"))
    let start = position
    var number = 0
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let digit = Int(byte - UInt8(ascii: "0"))
      let (ten, tooLarge) = number.multipliedReportingOverflow(by: 10)
      let (next, tooLargeToo) =
        isNegative
        ? ten.subtractingReportingOverflow(digit) : ten.addingReportingOverflow(digit)
      guard !tooLarge, !tooLargeToo else { throw error("a number is too large") }
      number = next
      position += 1
    }
    guard position > start else { throw error("a value is missing") }
    return number
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    guard matches else { throw error("a value is missing") }
    position += word.utf8CodeUnitCount
    return value
  }

  private func text(_ bytes: some Collection<UInt8>) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw error("not UTF-8") }
    return text
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D {
      position += 1
    }
  }

  private func error(_ reason: String) -> JSONSyntaxError {
    JSONSyntaxError(offset: position, reason: reason)
  }
}
