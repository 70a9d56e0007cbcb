/// Known words with a number each, found in code without making a string of every other one.
package struct WordTable: Sendable {
  private var numbers: [String: Int] = [:]
  /// A bit for each length, by the first byte: nearly every other word is passed over by it.
  private var lengths = [UInt64](repeating: 0, count: 128)

  package init() {}

  package var isEmpty: Bool { numbers.isEmpty }

  package mutating func add(_ word: String, _ number: Int) {
    guard let first = word.utf8.first, first < 128 else { return }
    numbers[word] = number
    lengths[Int(first)] |= Self.bit(word.utf8.count)
  }

  /// Calls `body` with each known word of the text, as often as it stands there.
  package func forEach(in text: String, _ body: (String, Int) -> Void) {
    if isEmpty { return }
    var text = text
    text.withUTF8 { bytes in
      var index = 0
      while index < bytes.count {
        guard isWordByte(bytes[index]) else {
          index += 1
          continue
        }
        let start = index
        while index < bytes.count, isWordByte(bytes[index]) { index += 1 }
        guard lengths[Int(bytes[start])] & Self.bit(index - start) != 0 else { continue }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        if let number = numbers[word] { body(word, number) }
      }
    }
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}

/// What the name of a shell variable is made of.
func isWordByte(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte)
    || (97...122).contains(byte)
}
