import RunbookCore
import RunbookEngine

/// The answer to a look while its parts come in.
///
/// Its line tells how many bytes of each stream follow. A script may shorten its own output file
/// meanwhile, so a part ends with its mark and not after so many bytes.
struct LookAssembly {
  private enum Part: Hashable {
    case output, error, log
  }

  private var result: Sighting
  private var waiting: [Part] = []
  private let outputOffset: Int
  private let errorOffset: Int

  /// The words after the `L`: key, boot id, claim, wrapper, group, offsets, sizes, counts, status.
  init?(_ words: ArraySlice<Substring>) {
    let words = Array(words)
    guard words.count >= 14, let key = StateName.decode(words[0]) else { return nil }
    let numbers = words[5..<14].compactMap { Int($0) }
    guard numbers.count == 9 else { return nil }
    let claim: Sighting.Claim
    switch words[2] {
    case "a": claim = .absent
    case "p": claim = .present
    case "t": claim = .torn
    default: return nil
    }
    result = Sighting(key: key, bootID: String(words[1]), claim: claim)
    result.wrapperIsAlive = words[3] == "1"
    result.actionIsAlive = words[4] == "-" ? nil : words[4] == "1"
    outputOffset = numbers[0]
    errorOffset = numbers[1]
    result.logOffset = numbers[2]
    result.outputSize = numbers[3]
    result.errorSize = numbers[4]
    result.logSize = numbers[5]
    read(words[14...])
    for (part, count) in zip([Part.output, .error, .log], numbers[6...]) where count > 0 {
      waiting.append(part)
    }
  }

  /// Complete when no part is missing.
  var sighting: Sighting? { waiting.isEmpty ? result : nil }

  mutating func take(_ bytes: [UInt8]) {
    switch waiting.removeFirst() {
    case .output: result.output = Self.cut(bytes, outputOffset, result.outputSize)
    case .error: result.error = Self.cut(bytes, errorOffset, result.errorSize)
    case .log:
      let (answers, length) = AnswerLog.read(bytes)
      // A torn record at the end (a full disk, a wrapper that was killed) gets no end from anybody
      // once nobody is at work.
      let isOver = result.end != nil || !result.wrapperIsAlive
      let hasAll = result.logOffset + bytes.count >= result.logSize
      result.answers = answers
      result.logOffset = isOver && hasAll ? result.logSize : result.logOffset + length
    }
  }

  /// The status: nothing, `A` and the action's own, or `E` and the final record.
  private mutating func read(_ words: ArraySlice<Substring>) {
    switch words.first {
    case "A": result.actionStatus = words.dropFirst().first.flatMap { Int($0) }
    case "E":
      guard let record = EndRecord(words.dropFirst().joined(separator: " ")[...]) else { return }
      var end = record.end
      if let size = record.outputSize { result.outputSize = min(result.outputSize, size) }
      if let size = record.errorSize { result.errorSize = min(result.errorSize, size) }
      if let size = record.logSize { result.logSize = min(result.logSize, size) }
      end.outputSize = record.outputSize ?? result.outputSize
      end.errorSize = record.errorSize ?? result.errorSize
      end.logSize = record.logSize ?? result.logSize
      result.end = end
      result.actionStatus = end.status
    default: break
    }
  }

  /// What a daemon of the action appended after the end is not the action's output.
  private static func cut(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> [UInt8] {
    offset + bytes.count <= size ? bytes : Array(bytes.prefix(max(0, size - offset)))
  }
}
