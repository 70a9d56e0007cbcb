import RunbookCore

/// What a run would do with a task.
package struct ForecastRow: Hashable, Sendable {
  package enum Verdict: Hashable, Sendable {
    case wouldRun, wouldAsk, holds, leftOut
    /// `unless` number N holds now; one more than there are: the content of its `upload` is there.
    case satisfied(Int)
    case stops(ProbeStage, Int, Answer)
    /// This machine can't do its part, and why.
    case cannot(String)
    /// It can't be known, and why.
    case unknown(String)
    case noAnswer(String)
  }
  package var task: TaskID
  package var verdict: Verdict
  /// What decided it.
  package var found: ProbeAnswer?
  /// Where the run would stop here, the next alternative would be tried.
  package var isTakenOver: Bool

  package init(
    task: TaskID, verdict: Verdict, found: ProbeAnswer?, isTakenOver: Bool = false
  ) {
    self.task = task
    self.verdict = verdict
    self.found = found
    self.isTakenOver = isTakenOver
  }
}
