/// Masks the values of secrets in what hosts print, byte for byte: a masked byte stands where the
/// raw one stood, so that stored and raw offsets agree.
///
/// Every match of every value is masked, overlapping ones too, and its base64 form in each of the
/// three alignments, also where it is broken into lines.
package struct Redactor: Sendable {
  private struct Pattern: Sendable {
    var bytes: [UInt8]
    /// Line ends between its bytes do not matter.
    var ignoresLines: Bool

    func contains(_ part: [UInt8]) -> Bool {
      (0...(bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
    }
  }
  private var patterns: [Pattern] = []
  private var values: Set<[UInt8]> = []

  static let mask = UInt8(ascii: "*")
  /// A chunk so long is never held back as a whole.
  private static let mostHeld = 120_000
  /// Shorter values cannot be told from chance and are refused.
  package static let shortestSecret = 4

  package init() {}

  package var isEmpty: Bool { patterns.isEmpty }

  /// From now on this value is masked. Known values stay: an old password is still a secret.
  package mutating func add(_ value: [UInt8]) {
    guard value.count >= Self.shortestSecret, values.insert(value).inserted else { return }
    patterns.append(Pattern(bytes: value, ignoresLines: false))
    for alignment in 0..<3 {
      let encoded = Base64.core(of: value, alignment: alignment)
      if encoded.count >= Self.shortestSecret {
        patterns.append(Pattern(bytes: encoded, ignoresLines: true))
      }
    }
  }

  /// A chunk of a stream with every match masked, never cut within a match: the rest of one that
  /// comes with the next chunk would not be known as a part of a secret.
  ///
  /// - Parameters:
  ///   - isFinal: nothing follows. Otherwise the bytes at the end that may begin a match are left
  ///     out: they come again with what follows them.
  ///   - room: bytes that are wanted; there are more where a match goes on beyond them.
  package func redact(_ bytes: [UInt8], isFinal: Bool, room: Int = .max) -> [UInt8] {
    guard !patterns.isEmpty, !bytes.isEmpty else { return Array(bytes.prefix(room)) }
    var result = bytes
    // Whether a cut before that byte would divide a match.
    var divides = [Bool](repeating: false, count: bytes.count + 1)
    let joined = bytes.indices.filter { bytes[$0] != 10 && bytes[$0] != 13 }
    var end = bytes.count
    for pattern in patterns {
      let indices = pattern.ignoresLines ? joined : Array(bytes.indices)
      // Matches come in order; what one has marked its overlapping successor does not mark again.
      var next = 0
      for start in matches(of: pattern.bytes, in: bytes, at: indices) {
        let last = start + pattern.bytes.count - 1
        for position in max(start, next)...last { result[indices[position]] = Self.mask }
        for position in indices[max(start, next - 1)]..<indices[last] {
          divides[position + 1] = true
        }
        next = last + 1
      }
      if !isFinal {
        end = min(end, beginning(of: pattern.bytes, in: bytes, at: indices))
      }
    }
    func after(_ cut: Int) -> Int { divides[cut...].firstIndex(of: false) ?? bytes.count }
    var safe = divides[...end].lastIndex(of: false) ?? 0
    // Matches that overlap all along, or the beginning of one that lines break up: better too much
    // masked than no progress.
    if safe == 0, bytes.count >= Self.mostHeld { safe = after(end) }
    if safe == 0, bytes.count >= Self.mostHeld {
      return [UInt8](repeating: Self.mask, count: bytes.count)
    }
    return Array(result[..<(room < safe ? min(after(room), safe) : safe)])
  }

  /// How many bytes at the beginning may belong to a match that began before them: what stands
  /// there when the chunk follows a gap.
  package func mayContinueMatch(_ bytes: [UInt8]) -> Int {
    guard !patterns.isEmpty, !bytes.isEmpty else { return 0 }
    let joined = bytes.indices.filter { bytes[$0] != 10 && bytes[$0] != 13 }
    var count = 0
    for pattern in patterns {
      let indices = pattern.ignoresLines ? joined : Array(bytes.indices)
      guard !indices.isEmpty else { continue }
      if indices.count < pattern.bytes.count, pattern.contains(indices.map { bytes[$0] }) {
        return bytes.count
      }
      // What ends a match read backwards is what begins one.
      let backwards = Array(pattern.bytes.reversed())
      let head = Array(indices.prefix(backwards.count - 1).reversed())
      let position = beginning(of: backwards, in: bytes, at: head)
      if position < bytes.count { count = max(count, position + 1) }
    }
    return count
  }

  /// Text that stands by itself, such as an error message.
  package func redact(_ text: String) -> String {
    guard !patterns.isEmpty else { return text }
    return String(decoding: redact(Array(text.utf8), isFinal: true), as: UTF8.self)
  }

  /// Positions in `indices` where the pattern begins; overlapping ones are all found.
  private func matches(of pattern: [UInt8], in bytes: [UInt8], at indices: [Int]) -> [Int] {
    guard indices.count >= pattern.count else { return [] }
    let table = Self.borders(of: pattern)
    var found: [Int] = []
    var length = 0
    for position in indices.indices {
      let byte = bytes[indices[position]]
      while length > 0, length == pattern.count || pattern[length] != byte {
        length = table[length - 1]
      }
      if pattern[length] == byte { length += 1 }
      if length == pattern.count { found.append(position + 1 - length) }
    }
    return found
  }

  /// The raw index at which a match may have begun that the chunk does not end; its count where
  /// none has.
  private func beginning(of pattern: [UInt8], in bytes: [UInt8], at indices: [Int]) -> Int {
    let tail = indices.suffix(pattern.count - 1)
    let table = Self.borders(of: pattern)
    var length = 0
    for index in tail {
      while length > 0, length == pattern.count || pattern[length] != bytes[index] {
        length = table[length - 1]
      }
      if pattern[length] == bytes[index] { length += 1 }
    }
    return length == 0 ? bytes.count : indices[indices.count - length]
  }

  /// Knuth, Morris, Pratt: the longest proper border of each prefix.
  private static func borders(of pattern: [UInt8]) -> [Int] {
    var table = [Int](repeating: 0, count: pattern.count)
    var length = 0
    for position in pattern.indices.dropFirst() {
      while length > 0, pattern[length] != pattern[position] { length = table[length - 1] }
      if pattern[length] == pattern[position] { length += 1 }
      table[position] = length
    }
    return table
  }
}

/// The part of a base64 text that depends on nothing but the value.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// - Parameter alignment: how many bytes of its first group of three stand before the value.
  static func core(of value: [UInt8], alignment: Int) -> [UInt8] {
    let padded = [UInt8](repeating: 0, count: alignment) + value
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in padded {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(alphabet[Int(bits >> UInt32(count)) & 63])
      }
      bits &= (1 << UInt32(count)) - 1
    }
    // Characters that also hold bits of what stands before depend on it.
    return Array(text.dropFirst((alignment * 8 + 5) / 6))
  }
}
