/// Text as one word of a frame: a line that the supervisor's loop evaluates.
enum ShellWord {
  /// Quotes any bytes but NUL. A frame is a single line, so a newline becomes the shell variable
  /// `_n` that holds one: decoding costs the host nothing.
  static func quote(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var word: [UInt8] = [quoteMark]
    for byte in bytes {
      switch byte {
      case quoteMark: word += #"'\''"#.utf8
      case newline: word += #"'"$_n"'"#.utf8
      default: word.append(byte)
      }
    }
    word.append(quoteMark)
    return word
  }

  static func quote(_ text: String) -> [UInt8] { quote(text.utf8) }

  /// `export A='…' B='…'`; empty if there is nothing to export.
  static func export(_ values: [String: [UInt8]]) -> [UInt8] {
    guard !values.isEmpty else { return [] }
    var text = Array("export".utf8)
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      text += " \(name)=".utf8
      text += quote(value)
    }
    return text
  }

  /// Whether a shell takes `name` as a variable's name.
  static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !isDigit(first) else { return false }
    return name.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "_") }
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte }

  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= byte
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")) ~= byte
  }

  private static let quoteMark = UInt8(ascii: "'")
  private static let newline = UInt8(ascii: "\n")
}
