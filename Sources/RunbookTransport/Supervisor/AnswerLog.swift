import RunbookCore

/// The log in which a wrapper writes what probes answered:
/// `=R STAGE INDEX ANSWER STATUS TIMEDOUT OUTPUT ERROR TRUNCATED MILLISECONDS`, a newline, so many
/// bytes of output and of errors, a newline, a dot, a newline.
enum AnswerLog {
  /// The complete records of `bytes`, and how many bytes they take.
  ///
  /// A wrapper that was killed leaves a torn record, after which its successor goes on: it is
  /// passed over up to the next line that begins one.
  static func read(_ bytes: [UInt8]) -> (answers: [ProbeAnswer], length: Int) {
    var answers: [ProbeAnswer] = []
    var position = 0
    while position < bytes.count {
      switch record(bytes[position...]) {
      case .whole(let answer, let length):
        answers.append(answer)
        position += length
      case .torn:
        guard let next = nextStart(bytes, after: position) else { return (answers, position) }
        position = next
      case .incomplete:
        return (answers, position)
      }
    }
    return (answers, position)
  }

  private enum Record {
    case whole(ProbeAnswer, length: Int)
    case incomplete, torn
  }

  private static let start = Array("=R ".utf8)
  private static let end = Array("\n.\n".utf8)

  private static func record(_ bytes: ArraySlice<UInt8>) -> Record {
    guard let newline = bytes.prefix(128).firstIndex(of: UInt8(ascii: "\n")) else {
      return bytes.count < 128 ? .incomplete : .torn
    }
    let words = String(decoding: bytes[..<newline], as: UTF8.self).split(separator: " ")
    let numbers = words.dropFirst(4).compactMap { Int($0) }
    guard words.count == 10, words[0] == "=R", let index = Int(words[2]), numbers.count == 6,
      let stage = ProbeStage(letter: words[1]), let verdict = Answer(letter: words[3])
    else { return .torn }
    let (outputCount, errorCount) = (numbers[2], numbers[3])
    let output = newline + 1
    let error = output + outputCount
    let tail = error + errorCount
    guard tail + end.count <= bytes.endIndex else {
      // A torn record that a later one follows never gets its end.
      return nextStart(Array(bytes), after: 0) == nil ? .incomplete : .torn
    }
    guard bytes[tail..<tail + end.count].elementsEqual(end) else { return .torn }
    let answer = ProbeAnswer(
      stage: stage, index: index, answer: verdict, status: numbers[0], timedOut: numbers[1] == 1,
      text: Array(bytes[output..<error]), errorText: Array(bytes[error..<tail]),
      isTruncated: numbers[4] == 1, duration: numbers[5])
    return .whole(answer, length: tail + end.count - bytes.startIndex)
  }

  private static func nextStart(_ bytes: [UInt8], after position: Int) -> Int? {
    var from = position + 1
    while let hit = bytes[from...].firstIndex(of: start[0]) {
      if bytes[hit - 1] == UInt8(ascii: "\n"), bytes[hit...].starts(with: start) { return hit }
      from = hit + 1
    }
    return nil
  }
}

extension ProbeStage {
  init?(letter: Substring) {
    guard let stage = Self.allLetters[String(letter)] else { return nil }
    self = stage
  }

  private static let allLetters: [String: ProbeStage] = [
    "r": .require, "u": .unless, "c": .check, "o": .output,
  ]
}

extension Answer {
  fileprivate init?(letter: Substring) {
    switch letter {
    case "h": self = .holds
    case "d": self = .doesNotHold
    case "c": self = .cannotTell
    default: return nil
    }
  }
}
