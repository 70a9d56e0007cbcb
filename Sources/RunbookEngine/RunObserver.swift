import RunbookCore

/// What a live view is told while a run is driven. Facts come after their commit; the rest is
/// fleeting and in no journal.
package enum RunUpdate: Sendable {
  /// Committed facts, in order; a view folds them into a `RunState` of its own.
  case facts([Fact])
  case connecting(host: String?)
  /// A connection could not be made or was lost; the next try comes after so many milliseconds, and
  /// at a time the host is given up.
  case reconnecting(host: String?, reason: String, after: Int, until: Timestamp)
  /// A host that an earlier owner met does not answer; it is tried again where it is needed.
  case notMet(host: String?, reason: String)
  /// The host was given up; the error carries the remedy.
  case unreachable(host: String?, TransportError)
  /// A check is being asked (again), for progress.
  case asking(TaskID)
  /// Bytes of an action's output, already committed.
  case output(task: TaskID, OutputStream, [UInt8])
  /// So many bytes of an `upload` are on the host.
  case bringing(TaskID, Int, of: Int)
  /// Something worth saying once, such as which transport serves a host.
  case notice(String)
}

/// How driving a run came to its end in this process.
package enum DriveEnd: Hashable, Sendable {
  case ended(RunOutcome)
  case stopped(StopReason)
  /// The journal could not be written; nothing was done that it does not know.
  case journalFailed(JournalError)
}

/// What a person at the terminal can tell a driver while it drives.
package enum OperatorCommand: Hashable, Sendable {
  /// First Ctrl-C or SIGTERM: nothing new starts, remote actions go on.
  case detach
  case confirm(TaskID, by: String)
  case deny(TaskID, by: String)
  case cancel(by: String)
}

/// How a driver behaves where the runbook leaves a choice.
package struct DriveOptions: Sendable {
  /// Milliseconds until an unreachable host stops the run.
  package var reconnectFor = 300_000
  /// Journaled bytes of one stream of an attempt at most: half of them from its beginning, the
  /// others from its end.
  package var outputLimit = 64 << 20
  /// A `confirm` is answered with yes by this person.
  package var confirmsAll: String?
  /// A person is at the terminal: a `confirm` waits instead of stopping the run.
  package var isAttended = false

  package init() {}
}
