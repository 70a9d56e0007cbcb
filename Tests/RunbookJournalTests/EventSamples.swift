import RunbookCore

/// At least one of every event, and of every case of their parts.
enum EventSamples {
  static let task = TaskID("precheck/xfs", host: "db-1", batch: [2, 1])
  static let local = TaskID("plan")
  static let instance = Instance("reinstall", batch: [3])

  static let all: [Event] = runs + hosts + course + attempts + people

  /// Which case it is: a new case does not compile until it is named here, and `all` is held to
  /// have every name.
  static func name(_ event: Event) -> String {
    switch event {
    case .runStarted: "runStarted"
    case .ownerTook: "ownerTook"
    case .ownerLeft: "ownerLeft"
    case .runEnded: "runEnded"
    case .cancelRequested: "cancelRequested"
    case .hostGreeted: "hostGreeted"
    case .hostLost: "hostLost"
    case .hostGivenUp: "hostGivenUp"
    case .scopeEntered: "scopeEntered"
    case .scopeLeftOut: "scopeLeftOut"
    case .stepLeftOut: "stepLeftOut"
    case .stepStarted: "stepStarted"
    case .stepFailed: "stepFailed"
    case .groupResolved: "groupResolved"
    case .batchesFixed: "batchesFixed"
    case .fileFixed: "fileFixed"
    case .rollbackStarted: "rollbackStarted"
    case .rollbackEnded: "rollbackEnded"
    case .attemptStarted: "attemptStarted"
    case .secretsSealed: "secretsSealed"
    case .outputReceived: "outputReceived"
    case .outputSkipped: "outputSkipped"
    case .probeAnswered: "probeAnswered"
    case .exchangeEnded: "exchangeEnded"
    case .polled: "polled"
    case .retryScheduled: "retryScheduled"
    case .outputSet: "outputSet"
    case .outputHeld: "outputHeld"
    case .outputLost: "outputLost"
    case .outputUnreadable: "outputUnreadable"
    case .taskEnded: "taskEnded"
    case .rollbackTaskEnded: "rollbackTaskEnded"
    case .doubtRaised: "doubtRaised"
    case .rechecked: "rechecked"
    case .confirmed: "confirmed"
    case .denied: "denied"
    case .doubtSettled: "doubtSettled"
    case .taskReopened: "taskReopened"
    case .driftIgnored: "driftIgnored"
    case .adopted: "adopted"
    case .locksTaken: "locksTaken"
    case .hostLocked: "hostLocked"
    case .hostUnlocked: "hostUnlocked"
    case .hostLockRefused: "hostLockRefused"
    }
  }

  /// The number of cases that `name` knows.
  static let caseCount = 44

  private static let runs: [Event] =
    [
      .runStarted(
        RunDescription(
          id: "7f3c", runbook: "hello", title: "Réinstallation \"complète\"", operator: "root",
          machine: "install-01", directory: "/srv/runbooks",
          connection: ["--identity", "/root/.ssh/id_ed25519"])),
      .runStarted(
        RunDescription(id: "7f3c", runbook: "", title: nil, operator: "", machine: "\u{0}\u{7F}")),
      .ownerTook(epoch: 3, process: 4711, operator: "root"),
      .cancelRequested(by: "root@install-01"),
    ] + reasons.map(Event.ownerLeft)
    + [.succeeded, .failed, .cancelled, .rolledBack, .rollbackFailed].map(Event.runEnded)

  private static let reasons: [StopReason] = [
    .detached, .inDoubt, .waitingForPerson, .denied, .drifted,
    .hostUnreachable(["db-1", nil]), .hostUnreachable([]), .stateUnusable("no space left"),
    .superseded, .lockHeld(host: "db-1", holder: "run 7f3c"),
  ]

  private static let hosts: [Event] = [
    .hostGreeted(host: "db-1", bootID: "b", directoryID: "d", freeBytes: 1 << 50),
    .hostGreeted(host: nil, bootID: "", directoryID: "d\\\n\t\r/", freeBytes: 0),
    .hostLost(host: "db-1", reason: "broken pipe"), .hostLost(host: nil, reason: "😀"),
    .hostGivenUp(host: "db-1", reason: "no route"), .hostGivenUp(host: nil, reason: ""),
    .hostGivenUp(host: "db-1", reason: "no key", remedy: "name one"),
  ]

  private static let failures: [Failure] = [
    .require(0), .unlessCannotTell(1), .action(status: 137, timedOut: true),
    .action(status: 1, timedOut: false), .check(2), .output("leader", "no number"),
    .notStarted("no space"), .group("standbys", "db-9 is no member"), .unreachable("timeout"),
    .cancelled,
  ]

  private static let course: [Event] =
    [
      .scopeEntered(instance), .scopeLeftOut(instance), .stepLeftOut(Instance("precheck/xfs")),
      .stepStarted(Instance("precheck/xfs"), hosts: ["db-1", nil, "db-2"]),
      .stepStarted(instance, hosts: []),
      .groupResolved("standbys", batch: [], members: ["db-1", "db-2"]),
      .groupResolved("standbys", batch: [1, 2], members: []),
      .batchesFixed(instance, batches: [["a", "b"], ["c"], []]),
      .batchesFixed(instance, batches: []),
      .fileFixed(
        "put", path: "/srv/app.tar", FileDigest(size: 1 << 40, sha256: "00ff")),
      .rollbackStarted(instance), .rollbackEnded(instance, succeeded: true),
      .rollbackEnded(instance, succeeded: false),
    ] + failures.map { .stepFailed(instance, $0) }

  private static let probes: [ProbeAnswer] = [
    ProbeAnswer(
      stage: .check, index: 0, answer: .holds, status: 0, text: Array("xfs\n".utf8),
      errorText: Array("é".utf8), duration: 12),
    ProbeAnswer(
      stage: .require, index: 1, answer: .doesNotHold, status: 255, timedOut: true,
      text: [0xFF, 0, 0x80], errorText: [0xC3], isTruncated: true),
    ProbeAnswer(stage: .unless, index: 2, answer: .cannotTell, status: -1),
    ProbeAnswer(stage: .output, index: 3, answer: .holds, status: 0, text: Array(0...255)),
  ]

  private static let verdicts: [ExchangeEnd.Verdict] = [
    .complete, .requireFailed(1), .unlessCannotTell(2), .satisfied, .actionFailed, .checkFailed(3),
    .outputFailed(4), .notStarted("EEXIST"), .alreadyClaimed, .interrupted,
  ]

  private static let outcomes: [TaskOutcome] =
    [.done, .doneByCheck, .accepted(by: "root"), .satisfied] + failures.map(TaskOutcome.failed)

  private static let ends: [ExchangeEnd] =
    verdicts.map { ExchangeEnd(verdict: $0) } + [
      ExchangeEnd(
        verdict: .complete, status: 0, timedOut: true, cancelled: true, outputSize: 1 << 40,
        errorSize: 2, logSize: 3)
    ]

  private static let attempts: [Event] = {
    var events: [Event] = [
      .attemptStarted(task, Attempt(key: "k1", number: 1, purpose: .forward)),
      .outputHeld(task, name: "token"),
      .outputLost(local, name: "token", problem: "its host can't be reached"),
      .secretsSealed(
        key: "k1", SecretSeal(salt: 1 << 52, checks: ["password": 65535, "site/token": 0])),
      .attemptStarted(local, Attempt(key: "k2", number: 7, purpose: .rollback)),
      .outputReceived(key: "k1", .output, generation: 0, offset: 0, length: 0),
      .outputReceived(key: "k1", .error, generation: 1, offset: 1 << 40, length: 65_536),
      .outputSkipped(key: "k1", .output, generation: 2, offset: 5, length: 6, reason: .limit),
      .outputSkipped(
        key: "k1", .error, generation: 0, offset: 0, length: 6, reason: .secretChanged),
      .outputSet(task, name: "leader", value: .string("db-1")),
      .outputSet(task, name: "n", value: .int(.min)),
      .outputSet(local, name: "n", value: .int(.max)),
      .outputSet(local, name: "b", value: .bool(true)),
      .outputSet(local, name: "b", value: .bool(false)),
      .outputSet(local, name: "d", value: .duration(1500)),
      .outputUnreadable(task, name: "n", problem: "\u{2028}no number"),
      .polled(task, ends[0], answers: []), .rechecked(task, ends[0], answers: probes),
    ]
    events += probes.map { .probeAnswered(key: "k1", $0, logOffset: 99) }
    events += ends.flatMap { end -> [Event] in
      [
        .exchangeEnded(key: "k1", end, mayLackOutput: end.timedOut),
        .polled(local, end, answers: probes),
      ]
    }
    events += failures.map {
      .retryScheduled(task, at: Timestamp(milliseconds: 1_700_000_000_123), after: $0)
    }
    events += outcomes.flatMap { [.taskEnded(task, $0), .rollbackTaskEnded(local, $0)] }
    events += [
      Doubt.rebooted, .rebootedBeforeClaim, .directoryReplaced, .wrapperDied, .claimTorn,
      .unreachable,
    ].map { .doubtRaised(task, $0) }
    return events
  }()

  private static let people: [Event] = [
    .confirmed(task, by: "root"), .denied(local, by: "root"),
    .doubtSettled(task, .accept, by: "root"), .doubtSettled(task, .rerun, by: "root"),
    .taskReopened(task, by: "root"), .driftIgnored(by: "root"),
    .adopted(
      Adoption(
        plan: sampleSource("7f3c").plan, binding: sampleSource("7f3c").binding,
        sources: ["a.runbook": "runbook a {}\n"], renamed: ["a": "b", "c/\"d\"": "e"],
        opened: ["x"], rerun: [task, local], by: "root")),
    .locksTaken(["patroni:a", "b"]), .hostLocked(host: "db-1"),
    .hostUnlocked(host: "db-1", problem: nil),
    .hostUnlocked(host: "db-2", problem: "rm: Device or resource busy"),
    .hostLockRefused(host: "db-1", holder: "held by \"7f3c\""),
  ]
}
