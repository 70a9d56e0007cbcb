/// Something that ought to be underway now. Wants are levels, not edges: the same state gives the
/// same wants, and the driver starts those that are not underway yet.
package enum Want: Hashable, Sendable {
  /// A link to a host that a task needs.
  case connect(String?)
  /// The run's locks are to be taken on that host.
  case lock(String)
  /// They are to be released there, before the final event.
  case unlock(String)
  /// An attempt in flight: sent, or looked for and followed.
  case attend(AttemptKey)
  /// A task's checks are to be asked now, without an action.
  case poll(TaskID)
  /// The lasting checks of a task that had ended well.
  case recheck(TaskID)
  /// The task's outputs that took from a secret are to be asked again.
  case recall(TaskID)
  /// What the attempt's action printed is the value of an output.
  case readOutput(AttemptKey)
  /// A person has to decide a `confirm`.
  case ask(TaskID)
  /// Nothing happens before that time, but then something does.
  case wake(Timestamp)
}

/// What follows from a state at a time.
package struct Agenda: Sendable {
  /// Already applied; to be journaled before any want is acted on.
  package var facts: [Fact]
  package var wants: Set<Want>
  /// Set when nothing is underway, nothing can start, and the run has not ended.
  package var stop: StopReason?
  /// No attempt may start now, not even one whose intent is journaled; and why the run has to stop
  /// for that, where waiting does not help.
  package var isBarred = false
  package var barrier: StopReason?

  package static let nothing = Agenda(facts: [], wants: [], stop: nil)
}
