import RunbookCore

/// The record that a wrapper leaves and announces:
/// `VERDICT INDEX STATUS TIMEDOUT CANCELLED OUTPUT ERROR LOG [REASON…]`.
struct EndRecord {
  var end: ExchangeEnd
  /// Nil: the wrapper had no process to ask for the sizes.
  var outputSize: Int?
  var errorSize: Int?
  var logSize: Int?

  init?(_ text: Substring) {
    let words = text.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: false)
    guard words.count >= 8, let index = Int(words[1]) else { return nil }
    let reason = words.count > 8 ? String(words[8].trimmingTrailingSpaces) : ""
    let verdict: ExchangeEnd.Verdict
    switch words[0] {
    case "c": verdict = .complete
    case "r": verdict = .requireFailed(index)
    case "u": verdict = .unlessCannotTell(index)
    case "s": verdict = .satisfied
    case "a": verdict = .actionFailed
    case "k": verdict = .checkFailed(index)
    case "o": verdict = .outputFailed(index)
    case "n": verdict = .notStarted(reason)
    case "y": verdict = .alreadyClaimed
    default: return nil
    }
    outputSize = Int(words[5])
    errorSize = Int(words[6])
    logSize = Int(words[7])
    end = ExchangeEnd(
      verdict: verdict, status: Int(words[2]), timedOut: words[3] == "1",
      cancelled: words[4] == "1", outputSize: outputSize ?? 0, errorSize: errorSize ?? 0,
      logSize: logSize ?? 0)
  }

  var mayHaveOutput: Bool { (outputSize ?? 1) > 0 || (errorSize ?? 1) > 0 }
  var mayHaveLog: Bool { (logSize ?? 1) > 0 }
}

extension Substring {
  /// Status records are padded with blanks to the size they were given.
  fileprivate var trimmingTrailingSpaces: Substring {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return self[...last]
  }
}
