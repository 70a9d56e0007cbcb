import RunbookCore
import RunbookEngine

/// A run in one line, as `runs` shows it.
package struct RunSummary: Hashable, Sendable {
  package enum State: Hashable, Sendable {
    /// Its owner is at it.
    case running
    /// Its owner died without a word.
    case interrupted
    /// Its owner stopped before the end.
    case stopped(StopReason)
    case ended(RunOutcome)
  }
  package var id: String
  package var runbook: String
  package var title: String?
  package var state: State
  package var started: Timestamp
  /// nil until it ended; again nil while it is resumed after that.
  package var ended: Timestamp?
  /// Time of its newest event.
  package var lastEvent: Timestamp
  /// Who started it, and where.
  package var `operator`: String
  package var machine: String
  /// Hosts of the inventory that it was bound to.
  package var hostCount: Int
  package var eventCount: Int
  /// The process that owns it now.
  package var owner: RunOwner?

  /// Whether `resume` would go on with it.
  package var isResumable: Bool { owner == nil && !isOver }

  /// Nothing can follow any more: it succeeded or was rolled back completely.
  package var isOver: Bool {
    switch state {
    case .ended(.succeeded), .ended(.rolledBack): true
    case .ended(.failed), .ended(.cancelled), .ended(.rollbackFailed), .running, .interrupted,
      .stopped:
      false
    }
  }
}

/// A fact with its number in the run, from 1.
package struct StoredFact: Hashable, Sendable {
  package var sequence: Int
  package var fact: Fact

  package init(sequence: Int, fact: Fact) {
    self.sequence = sequence
    self.fact = fact
  }
}
