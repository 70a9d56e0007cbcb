import RunbookCore

/// Why something failed or is in doubt, in half a sentence: for headlines, logs and tables.
package enum FailureWords {
  /// - Parameter answers: what the task's questions were answered, the one that failed among them.
  package static func of(_ failure: Failure, _ answers: [ProbeAnswer] = []) -> String {
    let cannotTell = failure.answer(among: answers)?.answer == .cannotTell
    switch failure {
    case .require:
      return cannotTell ? "its requirement can't tell" : "its requirement does not hold"
    case .unlessCannotTell: return "`unless` can't tell whether it is done already"
    case .action(let status, let timedOut):
      return timedOut
        ? "the action did not end within its timeout"
        : "the action ended with \(statusText(status))"
    case .check: return cannotTell ? "the check can't tell" : "the check does not hold"
    case .output(let name, let problem): return "the output \(name): \(problem)"
    case .notStarted(let reason): return "the action was not started: \(reason)"
    case .group(let group, let reason): return "the hosts of \(group) can't be found: \(reason)"
    case .unreachable(let reason): return "it can't be reached: \(reason)"
    case .cancelled: return "it was cancelled"
    }
  }

  /// `exit status 3`, `signal 9 (killed)`
  package static func statusText(_ status: Int) -> String {
    guard status > 128, status < 128 + 65 else { return "exit status \(status)" }
    let signal = status - 128
    let names = [
      1: "hangup", 2: "interrupt", 6: "abort", 9: "killed", 11: "segmentation fault",
      13: "broken pipe", 14: "alarm", 15: "terminated",
    ]
    return "signal \(signal)" + (names[signal].map { " (\($0))" } ?? "")
  }

  package static func of(_ doubt: Doubt, host: String?) -> String {
    let place = Words.host(host)
    switch doubt {
    case .rebooted: return "\(place) rebooted while it ran"
    case .rebootedBeforeClaim: return "\(place) rebooted before it was known to have started"
    case .directoryReplaced: return "the state directory of \(place) is not the one it started with"
    case .wrapperDied: return "its supervisor was killed before it wrote down how the action ended"
    case .claimTorn: return "what its supervisor wrote down on \(place) is not whole"
    case .unreachable: return "\(place) can't be reached, and it may still be at work there"
    }
  }

  /// What a transport says of a lost connection, with its lead only once.
  package static func lost(_ reason: String) -> String {
    let lead = "the connection is lost: "
    return "connection lost: "
      + (reason.hasPrefix(lead) ? String(reason.dropFirst(lead.count)) : reason)
  }

  package static func of(_ outcome: RunOutcome) -> String {
    switch outcome {
    case .succeeded: "done"
    case .failed: "failed"
    case .cancelled: "cancelled"
    case .rolledBack: "rolled back"
    case .rollbackFailed: "rollback failed"
    }
  }

  package static func of(_ reason: StopReason) -> String {
    switch reason {
    case .detached: "detached"
    case .inDoubt: "in doubt"
    case .waitingForPerson: "waits for a person"
    case .denied: "denied"
    case .drifted: "drifted"
    case .hostUnreachable: "host unreachable"
    case .stateUnusable: "state unusable"
    case .lockHeld: "lock held"
    case .superseded: "taken over"
    }
  }
}

extension Failure {
  /// The answer to the question that failed; nil where it was none, or is not among them.
  func answer(among answers: [ProbeAnswer]) -> ProbeAnswer? {
    let (stage, position): (ProbeStage, Int)
    switch self {
    case .require(let index): (stage, position) = (.require, index)
    case .unlessCannotTell(let index): (stage, position) = (.unless, index)
    case .check(let index): (stage, position) = (.check, index)
    case .action, .output, .notStarted, .group, .unreachable, .cancelled: return nil
    }
    return answers.last { $0.stage == stage && $0.index == position }
  }
}
