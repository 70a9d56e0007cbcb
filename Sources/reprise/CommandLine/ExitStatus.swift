import RunbookCore
import RunbookEngine
import RunbookLanguage

/// What `reprise` tells the shell: every exit of every command is one of these.
enum ExitStatus: Int32 {
  case done = 0
  /// The run failed, was cancelled or rolled back; or nothing could be written to standard output.
  case failed = 1
  case usage = 64
  /// The runbook, a part of it or its inventory has errors.
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
    // What stands in no file was typed.
    case .mistakes(let found) where found.filter(\.isError).allSatisfy(\.code.isOfInput):
      self = .usage
    case .mistakes, .cannotAdopt, .secret: self = .runbook
    case .journal(let error): self.init(error)
    case .rolledBack, .output: self = .failed
    }
  }
}

extension DiagnosticCode {
  /// About an `--input`: one that there is not, that has no such value, or that was not given.
  fileprivate var isOfInput: Bool {
    self == .unknownInput || self == .badInput || self == .missingInput
  }
}
