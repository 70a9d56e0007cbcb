/// What happened. A run is the fold over its events; they are only ever appended.
package enum Event: Codable, Hashable, Sendable {
  // The run and the processes that drive it.
  case runStarted(RunDescription)
  /// A process took the run over; it is the only one that appends until the next one.
  case ownerTook(epoch: Int, process: Int, operator: String)
  /// The owner stopped before the end; what runs on hosts goes on.
  case ownerLeft(StopReason)
  case runEnded(RunOutcome)
  case cancelRequested(by: String)
  /// The names of the run's locks; the journal refuses them where another run holds one. They are
  /// released by `runEnded`.
  case locksTaken([String])

  // Hosts.
  case hostGreeted(host: String?, bootID: String, directoryID: String, freeBytes: Int)
  /// The run's locks are held on that host too.
  case hostLocked(host: String)
  /// Nothing of this run is held there any more; or, with a `problem`, it could not be given back.
  case hostUnlocked(host: String, problem: String?)
  /// Another run, perhaps of another state file, holds a lock of this run there.
  case hostLockRefused(host: String, holder: String)
  case hostLost(host: String?, reason: String)
  /// No answer for longer than the operator's patience.
  ///
  /// - Parameter remedy: what to do about it, where the transport knows. Older runs have none.
  case hostGivenUp(host: String?, reason: String, remedy: String? = nil)

  // The plan's course.
  /// Its `when` holds (only scopes that have one).
  case scopeEntered(Instance)
  case scopeLeftOut(Instance)
  case stepLeftOut(Instance)
  case stepStarted(Instance, hosts: [String?])
  case stepFailed(Instance, Failure)
  case groupResolved(GroupID, batch: [Int], members: [String])
  case batchesFixed(Instance, batches: [[String]])
  /// What an `upload` copies is fixed when its first task starts: the file at that path has this
  /// content for every host and every later attempt.
  case fileFixed(StepPath, path: String, FileDigest)
  case rollbackStarted(Instance)
  case rollbackEnded(Instance, succeeded: Bool)

  // Tasks and attempts.
  case attemptStarted(TaskID, Attempt)
  /// The secrets that the attempt gets, so that a later process can tell whether one has changed.
  case secretsSealed(key: AttemptKey, SecretSeal)
  case outputReceived(key: AttemptKey, OutputStream, generation: Int, offset: Int, length: Int)
  /// Bytes of an attempt's output that are not in the journal, and why.
  case outputSkipped(
    key: AttemptKey, OutputStream, generation: Int, offset: Int, length: Int, reason: SkipReason)
  case probeAnswered(key: AttemptKey, ProbeAnswer, logOffset: Int)
  case exchangeEnded(key: AttemptKey, ExchangeEnd, mayLackOutput: Bool)
  /// The checks of a task were asked again, without an action.
  case polled(TaskID, ExchangeEnd, answers: [ProbeAnswer])
  /// An attempt failed; `retry` allows another one at that time.
  case retryScheduled(TaskID, at: Timestamp, after: Failure)
  case outputSet(TaskID, name: String, value: Value)
  /// The output took from a secret: its value is in the memory of this owner alone.
  case outputHeld(TaskID, name: String)
  /// This owner can't get the value of a secret output again.
  case outputLost(TaskID, name: String, problem: String)
  /// What the action printed is no value of the output.
  case outputUnreadable(TaskID, name: String, problem: String)
  case taskEnded(TaskID, TaskOutcome)
  case rollbackTaskEnded(TaskID, TaskOutcome)
  /// The outcome can't be known; the check or a person decides.
  case doubtRaised(TaskID, Doubt)
  /// A lasting check of a task that had ended well was asked again by a resume.
  case rechecked(TaskID, ExchangeEnd, answers: [ProbeAnswer])

  // People.
  case confirmed(TaskID, by: String)
  case denied(TaskID, by: String)
  case doubtSettled(TaskID, DoubtDecision, by: String)
  /// The operator's resume tries a failed task again.
  case taskReopened(TaskID, by: String)
  case driftIgnored(by: String)
  /// From here on the run goes by an edited runbook.
  case adopted(Adoption)
}

/// What a run is, from its first event on.
package struct RunDescription: Codable, Hashable, Sendable {
  package var id: String
  package var runbook: String
  package var title: String?
  package var `operator`: String
  package var machine: String
  /// The absolute directory of the runbook's file: what relative paths of `upload` begin at. Older
  /// runs have none.
  package var directory: String?
  /// The absolute path of the inventory that was given instead of the declared one.
  package var inventory: String?
  /// How its hosts are reached, as words of a command line with absolute paths: what a later owner
  /// goes by where it is told nothing else. Older runs have none.
  package var connection: [String]

  package init(
    id: String, runbook: String, title: String?, operator: String, machine: String,
    directory: String? = nil, inventory: String? = nil, connection: [String] = []
  ) {
    self.id = id
    self.runbook = runbook
    self.title = title
    self.operator = `operator`
    self.machine = machine
    self.directory = directory
    self.inventory = inventory
    self.connection = connection
  }
}

/// The content of a file, by its size and checksum.
package struct FileDigest: Codable, Hashable, Sendable {
  /// Bytes.
  package var size: Int
  /// Lower-case hexadecimal.
  package var sha256: String

  package init(size: Int, sha256: String) {
    self.size = size
    self.sha256 = sha256
  }
}

/// How a run ended. A failed or cancelled run can be resumed; a rolled back one cannot.
package enum RunOutcome: String, Codable, Hashable, Sendable {
  case succeeded, failed, cancelled, rolledBack
  /// A rollback of the whole run failed; resume goes on with it.
  case rollbackFailed
}

/// Why an owner stopped before the end.
package enum StopReason: Codable, Hashable, Sendable {
  case detached
  case inDoubt
  case waitingForPerson
  case denied
  case drifted
  case hostUnreachable([String?])
  case stateUnusable(String)
  /// A lock is held on a host by another run; all that this run held is released.
  case lockHeld(host: String, holder: String)
  /// A newer owner exists: this process was out of date.
  case superseded
}

/// Why bytes that an action printed are not in the journal. The raw values stand in it.
package enum SkipReason: String, Codable, Hashable, Sendable {
  /// There are more than `--output-limit` keeps.
  case limit
  /// A secret has another value than when the attempt started: the old one can't be masked.
  case secretChanged
}

/// Tells whether a secret has the value that it had, and next to nothing about the value.
package struct SecretSeal: Codable, Hashable, Sendable {
  /// The same one for all attempts of a run: more salts would tell more of the values.
  package var salt: Int
  /// 16 bits of each.
  package var checks: [SecretID: Int]

  package init(salt: Int, checks: [SecretID: Int]) {
    self.salt = salt
    self.checks = checks
  }
}

/// One execution of an action, or of its rollback.
package struct Attempt: Codable, Hashable, Sendable {
  package enum Purpose: String, Codable, Hashable, Sendable {
    case forward, rollback
  }
  package var key: AttemptKey
  /// From 1, over the whole run.
  package var number: Int
  package var purpose: Purpose

  package init(key: AttemptKey, number: Int, purpose: Purpose) {
    self.key = key
    self.number = number
    self.purpose = purpose
  }
}

/// How a task ended.
package enum TaskOutcome: Codable, Hashable, Sendable {
  case done
  /// Its outcome was in doubt; the check holds.
  case doneByCheck
  /// Its outcome was in doubt; a person took it as done.
  case accepted(by: String)
  /// `unless` held: the action was not needed.
  case satisfied
  case failed(Failure)

  package var isGood: Bool {
    switch self {
    case .done, .doneByCheck, .accepted, .satisfied: true
    case .failed: false
    }
  }
}

/// Why a task or step failed.
package enum Failure: Codable, Hashable, Sendable {
  case require(Int)
  case unlessCannotTell(Int)
  case action(status: Int, timedOut: Bool)
  case check(Int)
  case output(String, String)
  case notStarted(String)
  case group(GroupID, String)
  case unreachable(String)
  case cancelled
}

/// Why an outcome can't be known.
package enum Doubt: String, Codable, Hashable, Sendable {
  /// The host rebooted while the action ran.
  case rebooted
  /// The host rebooted, and whether the frame had arrived can't be known.
  case rebootedBeforeClaim
  /// The state directory is another one than when the attempt started.
  case directoryReplaced
  /// The supervisor's wrapper ended without writing a status.
  case wrapperDied
  /// The claim is there but not whole.
  case claimTorn
  /// The host can't be reached while the action may be at work, under `on failure continue`. The
  /// next owner looks there again before anybody decides.
  case unreachable
}

/// What a person decided about a doubt.
package enum DoubtDecision: String, Codable, Hashable, Sendable {
  case accept, rerun

  /// Who decided, where the runbook did.
  package static let runbook = "if interrupted rerun"
}

/// An event with its time.
package struct Fact: Codable, Hashable, Sendable {
  package var time: Timestamp
  package var event: Event

  package init(time: Timestamp, event: Event) {
    self.time = time
    self.event = event
  }
}
