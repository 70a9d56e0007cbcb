import RunbookCore
import RunbookEngine

/// What a supervisor says, from the bytes of its two streams.
///
/// Standard output is the loop's alone: lines that begin with the nonce, and after a look's line
/// the bytes of files, each part ended by a line of its own. Standard error carries the
/// announcements of wrappers among whatever the shells themselves say there. Both are taken as
/// they come, in any pieces; what waits for its end is bounded.
struct SupervisorDecoder {
  enum Message: Hashable, Sendable {
    case ready(HostFacts)
    /// The host can't carry a supervisor: what is missing, and more about it.
    case unfit(String, detail: String)
    case report(HostReport)
    /// The loop ends because it was told to.
    case goodbye
  }

  /// The host says what no supervisor says.
  struct Violation: Error, Hashable {
    var reason: String
  }

  /// Lines before the nonce (banners) are skipped up to here.
  static let bannerLimit = 64 << 10
  /// Above the longest line of ours (a notice with a key and a reason).
  private static let lineLimit = 8 << 10
  /// Above the largest part of a look that an encoder asks for.
  private static let partLimit = 8 << 20
  private static let noiseLimit = 4 << 10

  private enum Phase {
    case banner
    case lines
    case parts(LookAssembly)
  }

  private let mark: [UInt8]
  private let partEnd: [UInt8]
  private var phase = Phase.banner
  private var output = LineBuffer()
  private var errors = LineBuffer()
  private var facts = HostFacts(bootID: "", directoryID: "", freeBytes: 0, claims: [])
  private var bannerBytes = 0
  /// The last of what is not ours, on either stream: says why there is no answer.
  private(set) var noise: [UInt8] = []

  init(nonce: String) {
    mark = Array((nonce + " ").utf8)
    partEnd = Array("\n\(nonce).\n".utf8)
  }

  /// Takes bytes of standard output.
  mutating func takeOutput(_ bytes: [UInt8]) throws(Violation) -> [Message] {
    output.append(bytes)
    var messages: [Message] = []
    while true {
      switch phase {
      case .banner:
        guard let line = try nextLine(limit: Self.bannerLimit) else { return messages }
        if line == mark + [UInt8(ascii: "G")] {
          phase = .lines
        } else {
          bannerBytes += line.count + 1
          keep(line)
          guard bannerBytes <= Self.bannerLimit else {
            throw Violation(reason: "its login shell prints more than 64 KiB before it starts")
          }
        }
      case .lines:
        guard let line = try nextLine(limit: Self.lineLimit) else { return messages }
        guard line.starts(with: mark) else {
          throw Violation(reason: "the host says “\(Self.text(line.prefix(80)))”")
        }
        if let message = try take(Self.text(line.dropFirst(mark.count))) {
          messages.append(message)
        }
      case .parts(var assembly):
        guard let part = output.next(endingWith: partEnd) else {
          guard output.count <= Self.partLimit else {
            throw Violation(reason: "the answer to a look has no end")
          }
          return messages
        }
        assembly.take(part)
        if let sighting = assembly.sighting {
          phase = .lines
          messages.append(.report(.looked(sighting)))
        } else {
          phase = .parts(assembly)
        }
      }
    }
  }

  /// Takes bytes of standard error. What is not an announcement is only kept as noise.
  mutating func takeErrors(_ bytes: [UInt8]) -> [Message] {
    errors.append(bytes)
    var messages: [Message] = []
    while let line = errors.nextLine() {
      if let announced = announcement(line) {
        messages.append(announced)
      } else if !line.isEmpty {
        keep(line)
      }
    }
    if errors.count > Self.lineLimit { keep(errors.takeAll()) }
    return messages
  }

  /// The noise as one line of text.
  var lastWords: String {
    let lines = Self.text(noise).split(whereSeparator: \.isNewline)
    return lines.suffix(3).joined(separator: "; ")
  }

  private func announcement(_ line: [UInt8]) -> Message? {
    guard line.starts(with: mark) else { return nil }
    let words = Self.text(line.dropFirst(mark.count))
      .split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    // A wrapper found out that a newer owner exists.
    if words.count == 2, words[0] == "S", let epoch = Int(words[1]) {
      return .report(.stale(knownEpoch: epoch))
    }
    guard words.count == 3, words[0] == "E", let key = StateName.decode(words[1]),
      let record = EndRecord(words[2])
    else { return nil }
    return .report(
      .ended(
        key: key, record.end, hasOutput: record.mayHaveOutput, hasLog: record.mayHaveLog))
  }

  private mutating func nextLine(limit: Int) throws(Violation) -> [UInt8]? {
    if let line = output.nextLine() { return line }
    guard output.count <= limit else {
      throw Violation(reason: "the host sends a line of more than \(limit) bytes")
    }
    return nil
  }

  /// A line of the loop, after the nonce.
  private mutating func take(_ line: String) throws(Violation) -> Message? {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    let violation = Violation(reason: "an answer of the supervisor makes no sense: “\(line)”")
    switch words.first {
    case "H" where words.count >= 4:
      facts.bootID = String(words[1])
      facts.directoryID = String(words[2])
      // Unknown where `df` is of another kind: nothing is refused for it.
      facts.freeBytes = Int(words[3]).map { $0 << 10 } ?? Int.max
    case "C" where words.count == 2:
      guard let key = StateName.decode(words[1]) else { throw violation }
      facts.claims.append(key)
    case "R": return .ready(facts)
    case "U" where words.count >= 2:
      return .unfit(String(words[1]), detail: words.dropFirst(2).joined(separator: " "))
    case "S" where words.count == 2:
      guard let epoch = Int(words[1]) else { throw violation }
      return .report(.stale(knownEpoch: epoch))
    case "X" where words.count >= 2:
      guard let key = StateName.decode(words[1]) else { throw violation }
      return .report(.notStarted(key: key, words.dropFirst(2).joined(separator: " ")))
    case "P" where words.count == 2:
      guard let number = Int(words[1]) else { throw violation }
      return .report(.pong(number))
    case "Q": return .goodbye
    case "L":
      guard let assembly = LookAssembly(words.dropFirst()) else { throw violation }
      if let sighting = assembly.sighting { return .report(.looked(sighting)) }
      phase = .parts(assembly)
    default: throw violation
    }
    return nil
  }

  private mutating func keep(_ line: some Collection<UInt8>) {
    noise += line.suffix(Self.noiseLimit)
    noise.append(UInt8(ascii: "\n"))
    // Rarely: a host may send very many short lines.
    if noise.count > 2 * Self.noiseLimit { noise.removeFirst(noise.count - Self.noiseLimit) }
  }

  private static func text(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
