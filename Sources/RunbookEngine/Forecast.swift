import RunbookCore

/// What a run would do if it began now, as far as that can be known without changing anything.
package struct Forecast: Sendable {
  package struct Item: Hashable, Sendable {
    package var task: TaskID
    package var verdict: Verdict
    /// What the check that decided it printed, redacted.
    package var found: ProbeAnswer?
    /// Where the run would stop here, the next alternative of a `first of` would be tried.
    package var isTakenOver = false

    package init(task: TaskID, verdict: Verdict, found: ProbeAnswer? = nil) {
      self.task = task
      self.verdict = verdict
      self.found = found
    }
  }

  package enum Verdict: Hashable, Sendable {
    case wouldRun
    /// A person would be asked.
    case wouldAsk
    /// `unless` number N holds now.
    /// One more than the step has: the host has the content of the `upload` already.
    case satisfied(Int)
    /// It only looks, and everything that it asks holds now.
    case holds
    /// `when` is false.
    case leftOut
    /// The check does not hold now, or cannot tell: the run would stop here.
    case stops(ProbeStage, Int, Answer)
    /// The run would stop here: this machine can't do its part, and why.
    case cannot(String)
    case unknown(Reason)
    /// The host was asked and gave no usable answer.
    case noAnswer(String)
  }

  /// Why something can't be known yet.
  package enum Reason: Hashable, Sendable {
    /// Its guards ask about a world that this step changes first.
    case after(StepPath)
    /// A name of its code has no value before this step has run.
    case output(String, StepPath)
    /// The run would stop there first.
    case blocked(StepPath)
    /// Only where the alternatives before it fail.
    case alternative
  }

  package var items: [Item] = []
  /// Hosts that could not be asked, and why.
  package var unreachable: [String?: TransportError] = [:]

  /// The first step at which the run would stop.
  package var stop: StepPath? {
    items.first { item in
      switch item.verdict {
      case .stops, .cannot: return !item.isTakenOver
      case .wouldRun, .wouldAsk, .satisfied, .holds, .leftOut, .unknown, .noAnswer: return false
      }
    }?.task.step
  }

  package init() {}
}
