/// Keys and names as parts of file names on a host, and back.
///
/// Letters, digits and a `-` that is not the first stand for themselves, `_` for a dot, `=XX` for
/// any other byte: no name is hidden, an option, a pattern or the beginning of another one's files.
enum StateName {
  /// With the longest suffix a file name still fits in the 255 bytes of every file system.
  static let limit = 180

  /// Nil: empty or too long.
  static func encode(_ name: String) -> String? {
    var result = ""
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "."): result += "_"
      case UInt8(ascii: "-") where !result.isEmpty: result += "-"
      case _ where ShellWord.isDigit(byte) || ShellWord.isLetter(byte):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += byte < 16 ? "=0" : "="
        result += String(byte, radix: 16, uppercase: true)
      }
    }
    return result.isEmpty || result.utf8.count > limit ? nil : result
  }

  /// Nil: not something that `encode` made.
  static func decode(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "."))
      case UInt8(ascii: "="):
        guard let value = UInt8(Substring(rest.prefix(2)), radix: 16), rest.count >= 2 else {
          return nil
        }
        bytes.append(value)
        rest.removeFirst(2)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
