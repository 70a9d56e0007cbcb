/// Makes text fit to be shown: whatever a host printed, nothing of it is obeyed by a terminal.
package enum Printable {
  /// Control characters in caret notation (`^[`), those that change the direction of writing by
  /// their numbers; a tab becomes a blank.
  package static func text(_ text: some StringProtocol) -> String {
    guard text.unicodeScalars.contains(where: isUnfit) else { return String(text) }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09: result += " "
      case 0..<0x20: result += "^" + String(UnicodeScalar(UInt8(scalar.value) + 0x40))
      case 0x7F: result += "^?"
      default:
        if isUnfit(scalar) {
          result += "<" + String(scalar.value, radix: 16, uppercase: true) + ">"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// Bytes as text; what is not UTF-8 is replaced.
  package static func text(bytes: some Collection<UInt8>) -> String {
    text(String(decoding: bytes, as: UTF8.self))
  }

  /// The first line that says something, and whether there are more such lines.
  package static func firstLine(_ bytes: [UInt8]) -> (text: String, hasMore: Bool) {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(whereSeparator: \.isNewline)
      .filter { !$0.allSatisfy(\.isWhitespace) }
    return (text(lines.first ?? ""), lines.count > 1)
  }

  /// Columns that a terminal needs.
  package static func width(_ text: some StringProtocol) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  static func width(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0x0300...0x036F, 0x200B...0x200D, 0xFE00...0xFE0F: return 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// The beginning of a text that needs at most `width` columns.
  package static func head(of text: String, width limit: Int) -> String {
    var room = limit
    var result = ""
    for character in text {
      room -= width(character)
      if room < 0 { break }
      result.append(character)
    }
    return result
  }

  /// Every character outside ASCII replaced, for a terminal that would take its bytes one by one:
  /// `Vérification` as `Verification`. Each takes as many columns as before.
  static func ascii(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    return String(text.map { $0.isASCII ? $0 : likenesses[$0] ?? "?" })
  }

  /// Signs of our own, and letters of Latin scripts, that have a likeness in ASCII.
  private static let likenesses: [Character: Character] = {
    var result: [Character: Character] = [
      "✓": "+", "▶": ">", "▷": ")", "✗": "x", "↩": "<", "·": ".", "…": "~", "–": "-", "—": "-",
      "’": "'",
      "‘": "'", "“": "\"", "”": "\"", "«": "\"", "»": "\"", "\u{A0}": " ", "\u{202F}": " ",
    ]
    for (plain, letters) in [
      ("a", "àáâãäå"), ("c", "ç"), ("e", "èéêë"), ("i", "ìíîï"), ("n", "ñ"), ("o", "òóôõöø"),
      ("u", "ùúûü"), ("y", "ýÿ"), ("A", "ÀÁÂÃÄÅ"), ("C", "Ç"), ("E", "ÈÉÊË"), ("I", "ÌÍÎÏ"),
      ("N", "Ñ"), ("O", "ÒÓÔÕÖØ"), ("U", "ÙÚÛÜ"), ("Y", "Ý"),
    ] as [(Character, String)] {
      for letter in letters { result[letter] = plain }
    }
    return result
  }()

  private static func isUnfit(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
      true
    default: false
    }
  }
}
