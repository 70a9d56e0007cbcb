/// What is known of a task. Data of a phase lives in its case.
package struct TaskState: Hashable, Sendable {
  package enum Phase: Hashable, Sendable {
    case toCome
    /// The last attempt's exchange is on its way, or on the host.
    case inFlight
    /// The action ended well; its checks are asked until they hold or the time is over.
    case polling(since: Timestamp, Polling)
    /// A further attempt starts at that time, unless the run is undone before.
    case pausing(until: Timestamp, after: Failure)
    case inDoubt(Doubt)
    case ended(TaskOutcome)
  }

  /// Why checks are polled and what their end means.
  package enum Polling: Hashable, Sendable {
    /// The check that failed decides how long.
    case afterAction(check: Int)
    /// The action ended well and its checks were not all asked.
    case interrupted
    /// The outcome is in doubt and the check decides it.
    case settling(Doubt)
    /// A person took it as done: what later steps read of it is asked for.
    case accepted(by: String, Doubt)
  }

  package enum Undo: Hashable, Sendable {
    case none
    case inFlight
    case polling(since: Timestamp, check: Int)
    /// Its outcome is in doubt and its own checks decide it.
    case settling(since: Timestamp, Doubt)
    case inDoubt(Doubt)
    case ended(TaskOutcome)
  }

  package var id: TaskID
  package var phase: Phase = .toCome
  package var undo: Undo = .none
  /// Keys of all attempts, forward and rollback, oldest first.
  package var attempts: [AttemptKey] = []
  /// Forward attempts since the task was last reopened: what `retry` counts.
  package var attemptsInSeries = 0
  /// An action of this task started or may have started: a rollback must touch it.
  package var isTouched = false
  /// Position of its end among all ends of the run; rollback goes in reverse of it.
  package var endOrder: Int?
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?
  /// The last answer of each question of the step.
  package var lastAnswers: [ProbeAnswer] = []
  /// The last answer of each check of its rollback.
  package var undoAnswers: [ProbeAnswer] = []
  /// Answers counted while polling, for screens.
  package var pollCount = 0
  package var lastPollAt: Timestamp?
  /// How the last poll ended; nil before the first one.
  package var lastPoll: ExchangeEnd?
  package var confirmedBy: String?
  /// It failed after somebody had cancelled the run: no failure that a scope may act upon.
  package var wasCancelled = false
  /// Outputs that the present attempt has set.
  package var outputsSet: Set<String> = []
  /// An output could not be read as a value; ends the attempt.
  package var outputFailure: Failure?

  package init(_ id: TaskID) { self.id = id }

  package var outcome: TaskOutcome? {
    if case .ended(let outcome) = phase { return outcome }
    return nil
  }

  /// What a person, or a check, has to decide; of the action or of its rollback.
  package var doubt: Doubt? {
    switch (undo, phase) {
    case (.inDoubt(let doubt), _), (.none, .inDoubt(let doubt)): return doubt
    case (.none, _), (.inFlight, _), (.polling, _), (.settling, _), (.ended, _): return nil
    }
  }

  /// The checks of its rollback are being asked.
  package var isAskingUndo: Bool {
    switch undo {
    case .polling, .settling: true
    case .none, .inFlight, .inDoubt, .ended: false
    }
  }

  package var hasFailed: Bool { outcome.map { !$0.isGood } ?? false }
}

/// What is known of an attempt: where its output stands in the journal and how it ended.
package struct AttemptState: Hashable, Sendable {
  package var task: TaskID
  package var attempt: Attempt
  package var startedAt: Timestamp
  package var endedAt: Timestamp?
  /// What the host said of itself before the attempt's frame was sent.
  package var bootID: String?
  package var directoryID: String?
  package var answers: [ProbeAnswer] = []
  package var end: ExchangeEnd?
  package var mayLackOutput = false
  /// Nil where it gets no secrets.
  package var seal: SecretSeal?
  package var output = StreamState()
  package var error = StreamState()
  package var logOffset = 0

  package init(task: TaskID, attempt: Attempt, startedAt: Timestamp) {
    self.task = task
    self.attempt = attempt
    self.startedAt = startedAt
  }

  package var isInFlight: Bool { end == nil }

  package subscript(stream: OutputStream) -> StreamState {
    get {
      switch stream {
      case .output: output
      case .error: error
      }
    }
    set {
      switch stream {
      case .output: output = newValue
      case .error: error = newValue
      }
    }
  }
}

/// How far one stream of an attempt is in the journal.
package struct StreamState: Hashable, Sendable {
  /// A new one begins where the action truncated its own output.
  package var generation = 0
  /// Next raw byte of the generation that is neither journaled nor passed over.
  package var offset = 0
  /// Bytes in the journal, of all generations.
  package var kept = 0
  /// Bytes that were printed and are not in the journal.
  package var skipped = 0
  /// What comes next follows a gap: it may begin in the middle of a secret.
  package var followsGap = false

  package init() {}
}

/// What is known of a host.
package struct HostState: Hashable, Sendable {
  package enum Connection: Hashable, Sendable {
    /// Not connected by the present owner yet.
    case none
    case up
    case lost(since: Timestamp, reason: String)
    case givenUp(reason: String)
  }
  package var connection: Connection = .none
  /// What to do about it, where it was given up.
  package var remedy: String?
  package var bootID: String?
  package var directoryID: String?
  /// The run has ended for good since: the host was told to remove that directory.
  package var isTakenLeaveOf = false
  /// When it was reached last.
  package var freeBytes: Int?

  /// With less nothing starts there: a status or output that can't be written would be lost.
  private static let leastFree = 32 << 20

  package init() {}

  /// Why nothing starts there, and what to do.
  package var lackOfSpace: String? {
    guard let freeBytes, freeBytes < Self.leastFree else { return nil }
    return "only \(freeBytes >> 20) MiB are free where its state is kept ($XDG_STATE_HOME or "
      + "~/.local/state): make room there, at least \(Self.leastFree >> 20) MiB"
  }
}
