import RunbookCore

/// How the driver follows one attempt that is in flight on a connected host.
struct Attendance {
  enum Mode: Hashable {
    /// Its bytes are brought to the host; nothing of it was sent yet.
    case bringing
    /// Sent on this link: its end will be announced.
    case sent
    /// A look is on its way that will say what became of it.
    case recovering
    /// Found alive: looked at from time to time.
    case following
    /// Its wrapper was killed, its group goes on.
    case waitingForGroup
    /// Ended: what it wrote is fetched up to the final sizes.
    case draining(ExchangeEnd, mayLackOutput: Bool)
    /// Its outcome can't be known: what is there is fetched first.
    case drainingIntoDoubt(Doubt)

    /// The attempt writes no more.
    var isOver: Bool {
      switch self {
      case .draining, .drainingIntoDoubt: true
      case .bringing, .sent, .recovering, .following, .waitingForGroup: false
      }
    }
  }
  var mode: Mode
  /// A look is on its way. Never two: the second would bring again what the first one brings.
  var isLooking = false
  /// Look again as soon as the answer is there.
  var looksAgain = false
  var nextLook: Timestamp
  /// Milliseconds between looks while nothing happens: grows up to a second.
  var pause = 200

  init(mode: Mode, now: Timestamp) {
    self.mode = mode
    nextLook = now + 300
  }
}

/// Something asked of a host by itself: in no journal until it is answered.
struct Question {
  enum Subject: Hashable {
    /// The checks of a task, polled or to settle a doubt.
    case poll(TaskID)
    /// The lasting checks of a task that had ended well.
    case recheck(TaskID)
    /// The outputs of a task that took from a secret.
    case recall(TaskID)
    /// The run's locks on the host.
    case lock(String)
    case unlock(String)
    /// Whether the host needs the bytes of the attempt.
    case upload(AttemptKey, TaskID)
  }
  var subject: Subject
  /// What was announced: the only word where nothing was written down.
  var end: ExchangeEnd?
  var answers: [ProbeAnswer] = []
  var logOffset = 0
  /// A look is on its way; one that was sent before the end was known decides nothing.
  var look: LookTime?
  var nextLook: Timestamp
  /// Milliseconds between looks while no end is announced. A wrapper that was killed announces none.
  static let pause = 1000

  enum LookTime { case beforeEnd, afterEnd }

  init(_ subject: Subject, now: Timestamp) {
    self.subject = subject
    nextLook = now + Self.pause
  }

  var host: String? {
    switch subject {
    case .poll(let id), .recheck(let id), .recall(let id), .upload(_, let id): id.host
    case .lock(let host), .unlock(let host): host
    }
  }
}

extension Situation {
  /// What a look found, seen from what the journal knows of the attempt.
  init(
    _ sighting: Sighting, _ attempt: AttemptState, directoryID: String?, hasAction: Bool
  ) {
    let claim: Claim
    switch sighting.claim {
    case .absent: claim = .absent
    case .torn: claim = .torn
    case .present: claim = .whole
    }
    self.init(
      claim: claim, hasEnd: sighting.end != nil, hasActionStatus: sighting.actionStatus != nil,
      wrapperIsAlive: sighting.wrapperIsAlive, actionIsAlive: sighting.actionIsAlive ?? false,
      isSameBoot: attempt.bootID == nil || attempt.bootID == sighting.bootID,
      isSameDirectory: attempt.directoryID == nil || attempt.directoryID == directoryID,
      hasAction: hasAction)
  }
}
