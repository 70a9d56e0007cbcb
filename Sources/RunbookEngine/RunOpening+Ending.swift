import RunbookCore

/// Openings of a process that takes a run over to bring it to an end, not to go on with it.
extension RunOpening {
  /// A run that is cancelled: what is in flight is ended, nothing starts.
  ///
  /// - Throws: where the run has ended; nothing has happened then.
  package init(cancelling state: RunState, by opener: Opener) throws(EndedProblem) {
    if let outcome = state.outcome { throw EndedProblem(outcome: outcome) }
    self.state = state
    facts = []
    record(
      .ownerTook(
        epoch: opener.epoch, process: opener.process, operator: opener.operator), opener)
    record(.cancelRequested(by: opener.operator), opener)
  }

  /// A run that is undone as a whole, whatever it came to: also one that is done.
  ///
  /// What is still in flight is waited for first; a rollback that had begun goes on.
  ///
  /// - Throws: where it is rolled back already; nothing has happened then.
  package init(rollingBack state: RunState, by opener: Opener) throws(EndedProblem) {
    if state.rollbacks[Instance("")] == .succeeded || state.outcome == .rolledBack {
      throw EndedProblem(outcome: .rolledBack)
    }
    self.state = state
    facts = []
    record(
      .ownerTook(
        epoch: opener.epoch, process: opener.process, operator: opener.operator), opener)
    takeLocks(opener)
    if self.state.rollbacks[Instance("")] != .underway {
      record(.rollbackStarted(Instance("")), opener)
    }
  }
}

/// The run has ended in a way that leaves nothing to be done as asked.
package struct EndedProblem: Error, Hashable, Sendable {
  package var outcome: RunOutcome
}
