/// The streams of an action. The raw values stand in the journal.
package enum OutputStream: String, Codable, Hashable, Sendable, CaseIterable {
  case output, error
}

/// Which question of a step a probe asks.
package enum ProbeStage: String, Codable, Hashable, Sendable {
  case require, unless, check, output
}

/// The three answers of a check.
package enum Answer: String, Codable, Hashable, Sendable {
  case holds, doesNotHold, cannotTell
}

/// What a probe found, as the supervisor logged it.
package struct ProbeAnswer: Codable, Hashable, Sendable {
  package var stage: ProbeStage
  package var index: Int
  /// After `says` and `not`.
  package var answer: Answer
  /// Exit status of the code; above 128: ended by a signal.
  package var status: Int
  package var timedOut: Bool
  /// Its standard output, at most 64 KiB (an `output` needs all of it; longer is `truncated`).
  package var text: [UInt8]
  /// What a host keeps of standard error, from its beginning.
  package static let mostErrorText = 4096
  /// The first 4 KiB of its standard error.
  package var errorText: [UInt8]
  package var isTruncated: Bool
  /// Milliseconds it took, where the host can tell.
  package var duration: Int?

  package init(
    stage: ProbeStage, index: Int, answer: Answer, status: Int, timedOut: Bool = false,
    text: [UInt8] = [], errorText: [UInt8] = [], isTruncated: Bool = false, duration: Int? = nil
  ) {
    self.stage = stage
    self.index = index
    self.answer = answer
    self.status = status
    self.timedOut = timedOut
    self.text = text
    self.errorText = errorText
    self.isTruncated = isTruncated
    self.duration = duration
  }
}

/// How an exchange ended, from the status record that the wrapper wrote.
package struct ExchangeEnd: Codable, Hashable, Sendable {
  package enum Verdict: Codable, Hashable, Sendable {
    /// Every item was done and every check asked held (those that did not are in `checkFailed`).
    case complete
    /// `require` number N did not hold or could not tell: the action was not started.
    case requireFailed(Int)
    /// `unless` number N could not tell: the action was not started.
    case unlessCannotTell(Int)
    /// One `unless` held: the action was not needed.
    case satisfied
    /// The action ended with a status other than 0, or ran into its timeout.
    case actionFailed
    /// The action ended well; check number N did not hold at its first asking.
    case checkFailed(Int)
    /// The code of output number N failed.
    case outputFailed(Int)
    /// The action was not started, and why (no space for the claim, no interpreter, …).
    case notStarted(String)
    /// Another process holds the claim: look, do not start.
    case alreadyClaimed
    /// Made by the engine: the action ended well, and the wrapper went away before every check
    /// and output was asked. They are asked by themselves.
    case interrupted
  }
  package var verdict: Verdict
  /// Exit status of the action; nil where it did not run. Above 128: ended by a signal.
  package var status: Int?
  package var timedOut: Bool
  package var cancelled: Bool
  package var outputSize: Int
  package var errorSize: Int
  package var logSize: Int

  package init(
    verdict: Verdict, status: Int? = nil, timedOut: Bool = false, cancelled: Bool = false,
    outputSize: Int = 0, errorSize: Int = 0, logSize: Int = 0
  ) {
    self.verdict = verdict
    self.status = status
    self.timedOut = timedOut
    self.cancelled = cancelled
    self.outputSize = outputSize
    self.errorSize = errorSize
    self.logSize = logSize
  }

  /// The action ended well and not all that comes after it was asked: its wrapper went away, or
  /// `cancel` ended a question. What is left is asked by itself; the action never starts again.
  package var wasInterrupted: Bool {
    switch verdict {
    case .interrupted: true
    case .checkFailed, .outputFailed: cancelled
    case .complete, .requireFailed, .unlessCannotTell, .satisfied, .actionFailed, .notStarted,
      .alreadyClaimed:
      false
    }
  }
}
