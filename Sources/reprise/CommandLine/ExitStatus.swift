import RunbookCore
import RunbookEngine

/// What `reprise` tells the shell: every exit of every command is one of these.
enum ExitStatus: Int32 {
  case done = 0
  /// The run failed, was cancelled or rolled back; or nothing could be written to standard output.
  case failed = 1
  case usage = 64
  /// The runbook, or what it was given, has errors.
  case runbook = 65
  /// A host can't be reached; resumable.
  case unreachable = 69
  /// The state can't be used.
  case state = 73
  /// Stopped before the end; resumable.
  case stopped = 75
  /// Another process or run holds the lock.
  case locked = 76

  init(_ end: DriveEnd) {
    switch end {
    case .ended(.succeeded): self = .done
    case .ended(.failed), .ended(.cancelled), .ended(.rolledBack), .ended(.rollbackFailed):
      self = .failed
    case .stopped(.hostUnreachable): self = .unreachable
    case .stopped(.stateUnusable): self = .state
    case .stopped(.superseded), .stopped(.lockHeld): self = .locked
    case .stopped(.detached), .stopped(.inDoubt), .stopped(.waitingForPerson), .stopped(.denied),
      .stopped(.drifted):
      self = .stopped
    case .journalFailed(let error): self.init(error)
    }
  }

  init(_ error: JournalError) {
    switch error {
    case .owned, .lockHeld, .superseded: self = .locked
    case .noSuchRun, .ambiguousRun: self = .usage
    case .notFound, .notWritable, .full, .damaged, .newerVersion, .networkFilesystem, .busy,
      .outdated, .forgotten, .other:
      self = .state
    }
  }

  init(_ error: CommandError) {
    switch error {
    case .usage, .noSuchRunbook, .unreadable, .noSuchTask, .nothingToDecide, .noRuns: self = .usage
    case .mistakes, .cannotAdopt, .secret: self = .runbook
    case .journal(let error): self.init(error)
    case .rolledBack, .output: self = .failed
    }
  }
}
