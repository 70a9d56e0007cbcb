/// Breaks runbooks the way people and accidents do: with words and signs of the language in the
/// wrong places, and with bytes that belong nowhere.
package struct RunbookMutator {
  private var random: SeededRandom
  private let seeds: [[UInt8]]

  private static let pieces: [String] = [
    "runbook", "part", "inventory", "input", "secret", "hosts", "shell", "lock", "report", "step",
    "phase", "use", "parallel", "rolling", "first of", "on failure", "on", "require", "unless",
    "run", "write", "stash", "upload", "confirm", "check", "rollback", "no rollback", "output",
    "retry", "timeout", "as", "if interrupted rerun", "content", "mode", "owner", "where", "is",
    "in", "from", "env", "file", "key", "command", "prompt", "when", "after", "by", "within",
    "every", "lasting", "else", "says", "tcp", "http", "up to", "to", "and", "or", "not", "true",
    "false", "stop", "continue", "section", "language", "{", "}", "(", ")", ",", ":", "=", "==",
    "!=", "<", "<=", ">", ">=", "\"", "`", "```", "```\n", "\n```\n", "//", "///", "#", ";", "'",
    "$", "$$", "${", "${x:-", "$(", "$((", "\\", "\n", "\r\n", "\t", "0", "30", "30s", "5min",
    "99999999999999999999h", "1.5s", "-1", "«", "é", "\u{FEFF}", "\u{0}", "\u{202E}", "db", "host",
    "`x=$(a | b) || exit 2`", "`! a | b`", "\"$host\"", "\"$x_by_host\"", "<<E", "<<'E'",
    "case x in",
    "esac", ";;", "[[", "]]", "& ", "|", "(((((((((((((((((", "{{{{{{{{{{{{{{{{",
    "not not not not not not not", "step a { run `x` } ", "phase p { ", "parallel { ",
    "use p(a: 1) ",
  ]

  package init(seed: UInt64, seeds: [String]) {
    random = SeededRandom(seed: seed)
    self.seeds = seeds.map { Array($0.utf8) }
  }

  /// A seed with one to eight mutations, never longer than 64 KiB.
  package mutating func input() -> [UInt8] {
    var bytes = random.pick(seeds)
    for _ in 0...random.below(8) {
      mutate(&bytes)
      if bytes.count > 65_536 { bytes.removeLast(bytes.count - 65_536) }
    }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let place = random.below(bytes.count + 1)
    switch random.below(10) {
    case 0: bytes.removeSubrange(word(at: place, in: bytes))
    case 1: bytes.replaceSubrange(word(at: place, in: bytes), with: random.pick(Self.pieces).utf8)
    case 2, 3: bytes.insert(contentsOf: Array(" \(random.pick(Self.pieces)) ".utf8), at: place)
    case 4:
      let from = word(at: random.below(bytes.count + 1), in: bytes)
      bytes.insert(contentsOf: Array(bytes[from]), at: place)
    case 5: bytes.removeSubrange(line(at: place, in: bytes))
    case 6: bytes.insert(contentsOf: Array(bytes[line(at: place, in: bytes)]), at: place)
    case 7:
      let other = random.pick(seeds)
      let cut = random.below(other.count + 1)
      bytes.replaceSubrange(place..<bytes.count, with: other[cut...])
    case 8: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
    default:
      let piece = Array(random.pick(Self.pieces).utf8)
      let count = random.oneIn(20) ? 500 : random.below(6) + 1
      for _ in 0..<count { bytes.insert(contentsOf: piece, at: place) }
    }
  }

  private func word(at place: Int, in bytes: [UInt8]) -> Range<Int> {
    extent(at: place, in: bytes) { byte in
      byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
  }

  private func line(at place: Int, in bytes: [UInt8]) -> Range<Int> {
    extent(at: place, in: bytes) { $0 != 0x0A }
  }

  private func extent(
    at place: Int, in bytes: [UInt8], _ belongs: (UInt8) -> Bool
  ) -> Range<Int> {
    var start = place
    while start > 0, belongs(bytes[start - 1]) { start -= 1 }
    var end = place
    while end < bytes.count, belongs(bytes[end]) { end += 1 }
    return start..<max(end, min(start + 1, bytes.count))
  }
}
