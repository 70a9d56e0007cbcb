import RunbookCore

/// Drives a run: the one loop of the engine. Record, apply, act.
///
/// Whatever the world says waits in the mailbox. One turn takes all of it, applies it, lets the
/// scheduler say what follows, journals everything in one transaction, and only then acts. It is
/// an actor because its state belongs to that one loop and to nothing else.
package actor RunDriver {
  enum Input: Sendable {
    case connected(host: String?, link: any HostLink, HostFacts, number: Int)
    case notConnected(host: String?, TransportError)
    case report(host: String?, link: Int, HostReport)
    case command(OperatorCommand)
    case requests([OperatorRequest])
    case printed(key: AttemptKey, [UInt8])
    case hashed(path: String, Result<FileDigest, LocalFileProblem>)
    case brought(key: AttemptKey, CargoProblem?)
    case journalFailed(JournalError)
    /// A deadline has come; nil: there is something to do at once.
    case timer(Timestamp?)
  }

  struct Link {
    var link: any HostLink
    var number: Int
    var directoryID: String
  }

  let journal: any Journal
  let transport: any Transport
  let clock: any RunClock
  let options: DriveOptions
  let observe: @Sendable (RunUpdate) -> Void
  let commands: AsyncStream<OperatorCommand>
  let reporter: (any Reporter)?
  let files: (any LocalFiles)?
  let mailbox = Mailbox<Input>()

  package private(set) var state: RunState
  var vault: SecretVault
  /// Waiting for the commit of this turn.
  var entries: [JournalEntry]
  /// What to do after it.
  var effects: [() -> Void] = []
  var links: [String?: Link] = [:]
  var connecting: [String?: Reconnection] = [:]
  /// Hosts of another run, as it seems, that a cancel leaves alone.
  var strangers: [any HostLink] = []
  /// Hosts that have to say first how they stand, and until when they are waited for.
  var greeting: Set<String?> = []
  var greetsUntil = Timestamp(milliseconds: 0)
  var linkCount = 0
  var attended: [AttemptKey: Attendance] = [:]
  /// Attempts whose intent this turn commits: they are sent without a look.
  var fresh: Set<AttemptKey> = []
  /// Attempts of earlier owners that no host began and that may not start now.
  var heldBack: Set<AttemptKey> = []
  var isBarred = false
  /// Attempts that ended before they were sent.
  var refused: Set<AttemptKey> = []
  var uploads: [AttemptKey: UploadUnderWay] = [:]
  var questions: [String: Question] = [:]
  var questionCount = 0
  var reading: Set<AttemptKey> = []
  var finished: [String?: [AttemptKey]] = [:]
  /// Requests that nothing of the run waits for.
  var refusedRequests: [Int] = []
  var armed: Timestamp?
  var end: DriveEnd?
  var nextRequests: Timestamp

  package init(
    opening: RunOpening, journal: any Journal, transport: any Transport, clock: any RunClock,
    secrets: (any SecretReader)? = nil, known: SecretVault? = nil,
    reporter: (any Reporter)? = nil, files: (any LocalFiles)? = nil,
    options: DriveOptions = DriveOptions(), commands: AsyncStream<OperatorCommand>,
    observe: @escaping @Sendable (RunUpdate) -> Void = { _ in }
  ) {
    state = opening.state
    vault = known ?? SecretVault(opening.state.plan.secrets, reader: secrets)
    entries = opening.facts.map { JournalEntry($0) }
    self.journal = journal
    self.transport = transport
    self.clock = clock
    self.options = options
    self.commands = commands
    self.reporter = reporter
    self.files = files
    self.observe = observe
    nextRequests = clock.now() + 1000
  }

  /// Drives until the run ends or has to stop. Links are closed when it returns; what runs on
  /// hosts goes on.
  package func drive() async -> DriveEnd {
    // Discarding: a long run has thousands of small tasks, and none is remembered.
    let end = await withDiscardingTaskGroup(returning: DriveEnd.self) { group in
      let (mailbox, commands) = (mailbox, commands)
      group.addTask {
        for await command in commands { mailbox.put(.command(command)) }
      }
      mailbox.put(.timer(nil))
      if state.epoch > 1 { meetAgain(&group) }
      var end: DriveEnd?
      while end == nil {
        let inputs = await mailbox.takeAll()
        end = await turn(inputs, &group)
      }
      group.cancelAll()
      return end ?? .stopped(.detached)
    }
    if case .stopped = end { await writeReports(end) }
    await closeLinks(farewell: end)
    return end
  }

  private func turn(_ inputs: [Input], _ group: inout DiscardingTaskGroup) async -> DriveEnd? {
    for input in inputs { take(input) }
    if !greeting.isEmpty, end == nil, clock.now() < greetsUntil {
      if let failed = await commit() { return .journalFailed(failed) }
      lookAround(&group)
      return nil
    }
    // Once it is to stop nothing follows any more.
    let agenda =
      end == nil
      ? Scheduler.advance(&state, at: clock.now()) : .nothing
    isBarred = agenda.isBarred
    for fact in agenda.facts {
      if case .attemptStarted(_, let attempt) = fact.event { fresh.insert(attempt.key) }
      entries.append(JournalEntry(fact))
    }
    if end == nil { await readSecrets(for: agenda.wants) }
    if end == nil, let stop = stopReason(agenda) {
      record(.ownerLeft(stop))
      end = .stopped(stop)
    }
    let last = end == nil && state.outcome != nil ? entries.popLast() : nil
    if let failed = await commit() { return .journalFailed(failed) }
    if let failed = await refuseRequests() { return .journalFailed(failed) }
    for effect in effects { effect() }
    effects = []
    if let end { return end }
    if let outcome = state.outcome { return await finish(outcome, last) }
    act(on: agenda.wants, &group)
    lookAround(&group)
    return nil
  }

  /// Writes the reports, and only then journals the end: a run that is known to be over has them,
  /// wherever the engine was killed.
  private func finish(_ outcome: RunOutcome, _ last: JournalEntry?) async -> DriveEnd {
    await writeReports(.ended(outcome), last: last?.fact)
    entries += [last].compactMap { $0 }
    if let failed = await commit() { return .journalFailed(failed) }
    return .ended(outcome)
  }

  private func take(_ input: Input) {
    switch input {
    // By the timer itself, not by the clock: a sleep may end a little before its deadline.
    case .timer(let deadline): if deadline == armed { armed = nil }
    case .command(let command): obey(command, request: nil)
    case .requests(let requests): for request in requests { obey(request) }
    case .connected(let host, let link, let facts, let number):
      connected(host, link, facts, number: number)
    case .notConnected(let host, let error): notConnected(host, error)
    case .report(let host, let number, let report):
      guard links[host]?.number == number else { return }
      take(report, from: host)
    case .printed(let key, let bytes): printed(key, bytes)
    case .hashed(let path, let result): hashed(path, result)
    case .brought(let key, let problem): brought(key, problem)
    case .journalFailed(let error): end = .journalFailed(error)
    }
  }

  /// Applies an event and keeps it for the commit of this turn.
  func record(_ event: Event, output: [UInt8] = [], request: Int? = nil) {
    let fact = Fact(time: clock.now(), event: event)
    state.apply(fact)
    entries.append(JournalEntry(fact, output: output, request: request))
  }

  private func commit() async -> JournalError? {
    guard !entries.isEmpty else { return nil }
    let batch = entries
    entries = []
    do {
      try await journal.append(batch)
    } catch {
      return error
    }
    for entry in batch {
      if case .outputReceived(let key, let stream, _, _, _) = entry.fact.event,
        let task = state.attempts[key]?.task
      {
        observe(.output(task: task, stream, entry.output))
      }
    }
    observe(.facts(batch.map(\.fact)))
    return nil
  }

  /// Why the run has to stop here, where it does.
  private func stopReason(_ agenda: Agenda) -> StopReason? {
    guard let reason = agenda.stop ?? (isHeldBack(agenda) ? agenda.barrier : nil) else {
      return nil
    }
    if reason == .waitingForPerson, options.isAttended || options.confirmsAll != nil { return nil }
    if case .hostUnreachable = reason, isMeetingHosts { return nil }
    return reason
  }

  /// All that is still wanted is to see to attempts that may not start.
  private func isHeldBack(_ agenda: Agenda) -> Bool {
    !heldBack.isEmpty
      && agenda.wants.allSatisfy { want in
        switch want {
        case .ask: true
        case .attend(let key): heldBack.contains(key)
        default: false
        }
      }
  }

  /// The first time at which the loop has something to do by itself.
  func wake(at time: Timestamp, _ group: inout DiscardingTaskGroup) {
    if let armed, armed <= time { return }
    armed = time
    let (clock, mailbox) = (clock, mailbox)
    group.addTask {
      await clock.sleep(until: time)
      mailbox.put(.timer(time))
    }
  }

  /// Deadlines of links, looks and requests.
  private func lookAround(_ group: inout DiscardingTaskGroup) {
    pollRequests(&group)
    lookAtAttempts()
    lookAtQuestions()
    moveUploads(&group)
    let looks =
      attended.values.filter { !$0.isLooking && $0.mode != .bringing }.map(\.nextLook)
      + questions.values.filter { $0.look == nil }.map(\.nextLook)
    // One whose time has come and that nobody wants is no reason to wake.
    let now = clock.now()
    let retries =
      connecting.values.compactMap(\.nextTry).filter { $0 > now } + [nextUpload].compactMap { $0 }
    if let next = (looks + retries + [nextRequests]).min() { wake(at: next, &group) }
  }
}

extension RunState {
  /// Tasks whose `confirm` waits for its answer; none once one was denied: the run stops.
  package var waitingForPerson: [TaskID] {
    guard denied == nil else { return [] }
    return tasks.values.filter { task in
      guard case .confirm? = index.step(task.id.step)?.action, task.confirmedBy == nil else {
        return false
      }
      return task.outcome == nil
    }.map(\.id)
  }
}
