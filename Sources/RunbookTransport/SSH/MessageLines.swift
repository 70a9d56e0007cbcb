/// What a program says about itself, cut into lines; only the newest are kept.
struct MessageLines: Sendable {
  private static let limit = 400
  private static let lengthLimit = 4096

  private(set) var lines: [String] = []
  private var unfinished: [UInt8] = []

  /// Takes bytes as they come; calls `each` with every line that is complete now.
  mutating func add(_ bytes: some Sequence<UInt8>, each: (String) -> Void = { _ in }) {
    for byte in bytes {
      if byte == 0x0a || byte == 0x0d {
        guard !unfinished.isEmpty else { continue }
        let line = String(decoding: unfinished, as: UTF8.self)
        unfinished = []
        each(line)
        if lines.count == Self.limit { lines.removeFirst(Self.limit / 4) }
        lines.append(line)
      } else if unfinished.count < Self.lengthLimit {
        unfinished.append(byte)
      }
    }
  }

  /// The last line that is meant for people.
  var reason: String? { lines.last { !OpenSSHFailure.isDebug($0) } }
}
