import Foundation
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookTransport

/// One process driving one run: the journal, the transports and the driver put together.
struct RunSession {
  var directory: String
  var journal: RunJournal
  /// The run as it was before this process took it over, and how many events it had.
  var before: RunState
  var eventCount: Int
  var opening: RunOpening
  var options: DriveOptions
  var reach = ReachOptions()
  /// An operator asked for everything to be undone: then that is no failure.
  var undoesByWish = false
  /// What is at work is ended, and nothing is started.
  var isCancelling = false
  private var secrets: SecretVault?

  init(
    directory: String, journal: RunJournal, before: RunState, eventCount: Int,
    opening: RunOpening, options: DriveOptions
  ) {
    self.directory = directory
    self.journal = journal
    self.before = before
    self.eventCount = eventCount
    self.opening = opening
    self.options = options
  }

  /// How hosts are reached, from the command line.
  struct ReachOptions: Sendable {
    var ssh = SSHOptions()
    var implementation = SSHImplementation.auto
  }

  /// Begins a run of a compiled and bound runbook; nothing is journaled before it is driven.
  ///
  /// - Parameters:
  ///   - sources: every file of the runbook by its path: stored with the run.
  ///   - inventory: the one that was given instead of the declared one.
  ///   - connection: what later owners need to reach its hosts, as words of a command line.
  static func begin(
    _ file: JournalFile, in directory: String, plan: Plan, sources: [String: String],
    binding: Binding, inventory: String? = nil, connection: [String] = [], options: DriveOptions
  ) async throws(JournalError) -> RunSession {
    let description = RunDescription(
      id: try await file.newRunID(), runbook: plan.name, title: plan.title,
      operator: Person.current.name, machine: Person.current.machine,
      directory: Path.absolute(Path.directory(of: plan.origin.file)),
      inventory: inventory.map(Path.whole), connection: connection)
    let journal = try await file.createRun(
      RunSource(description: description, plan: plan, sources: sources, binding: binding))
    let opening = RunOpening(
      beginning: description, plan: plan, binding: binding, by: opener(journal.epoch, after: nil))
    return RunSession(
      directory: directory, journal: journal, before: RunState(plan: plan, binding: binding),
      eventCount: 0, opening: opening, options: options)
  }

  /// Takes a run over where it stopped.
  ///
  /// - Parameter wishes: what the operator says of a run in that state; what does not fit is the
  ///   failure of the result, and nothing is journaled then.
  static func resume(
    _ file: JournalFile, in directory: String, run: String,
    _ wishes: @Sendable (RunState) -> ResumeWishes, options: DriveOptions
  ) async throws(JournalError) -> Result<RunSession, ResumeProblem> {
    try await takeOver(file, in: directory, run: run, options: options) {
      (state, opener) throws(ResumeProblem) in
      try RunOpening(resuming: state, wishes(state), by: opener)
    }
  }

  /// How a run is brought to an end.
  enum Ending {
    /// With what it has at work; nobody drives it.
    case cancelled
    case undone
  }

  /// Takes a run over to bring it to an end; nil where it has that end already.
  static func end(
    _ run: String, as ending: Ending, _ manner: WatchedRun.Manner
  ) async throws(CommandError) -> RunSession? {
    do throws(JournalError) {
      let directory = manner.common.state
      let file = try await JournalFile.open(directory: directory)
      let taken = try await takeOver(
        file, in: directory, run: run, options: manner.driveOptions
      ) { (state, opener) throws(EndedProblem) in
        switch ending {
        case .cancelled: try RunOpening(cancelling: state, by: opener)
        case .undone: try RunOpening(rollingBack: state, by: opener)
        }
      }
      var session = try? taken.get()
      switch ending {
      case .cancelled: session?.isCancelling = true
      case .undone: session?.undoesByWish = true
      }
      return session
    } catch {
      throw .journal(error)
    }
  }

  /// Takes a run over; `open` says with which events.
  ///
  /// - Parameter open: what it throws is the failure of the result; nothing is journaled then.
  private static func takeOver<Problem: Error>(
    _ file: JournalFile, in directory: String, run: String, options: DriveOptions,
    _ open: (RunState, RunOpening.Opener) throws(Problem) -> RunOpening
  ) async throws(JournalError) -> Result<RunSession, Problem> {
    let (journal, stored) = try await file.takeOver(run: run)
    var state = RunState(plan: stored.plan, binding: stored.binding)
    for fact in stored.facts { state.apply(fact) }
    do throws(Problem) {
      let opening = try open(state, opener(journal.epoch, after: state.lastEventAt))
      var session = RunSession(
        directory: directory, journal: journal, before: state, eventCount: stored.facts.count,
        opening: opening, options: options)
      session.undoesByWish = undoesByWish(stored.facts)
      return .success(session)
    } catch {
      await journal.release()
      return .failure(error)
    }
  }

  /// Whether the rollback of the run was begun by an owner that came for it, not by a failure.
  private static func undoesByWish(_ facts: [Fact]) -> Bool {
    guard let start = facts.lastIndex(where: { $0.event == .rollbackStarted(Instance("")) }) else {
      return false
    }
    for fact in facts[..<start].reversed() {
      switch fact.event {
      case .locksTaken: continue
      case .ownerTook: return true
      default: return false
      }
    }
    return false
  }

  /// Reads every secret, so that one that can't be used is known before anything starts, and
  /// everything is masked from the beginning.
  ///
  /// Who cancels starts nothing: there what can't be read is passed over, and the output of actions
  /// that took it is withheld.
  mutating func readSecrets() async throws(SecretProblem) {
    let declared = opening.state.plan.secrets
    let directory = opening.state.description?.directory ?? ""
    guard isCancelling else {
      let reading = SecretReading(prompted: try SecretPrompt.ask(declared), directory: directory)
      var vault = SecretVault(declared, reader: reading)
      vault.keep(try await vault.read(Set(declared.map(\.id))))
      secrets = vault
      return
    }
    var vault = SecretVault(declared, reader: SecretReading(directory: directory))
    for secret in declared {
      if let value = try? await vault.read([secret.id]) { vault.keep(value) }
    }
    secrets = vault
  }

  /// Drives the run until it ends or has to stop; then the journal is released.
  func drive(
    commands: AsyncStream<OperatorCommand>, observe: @escaping @Sendable (RunUpdate) -> Void
  ) async -> (end: DriveEnd, state: RunState) {
    let transport = SessionTransport(
      remote: SupervisedTransport(
        dialer: reach.implementation.dialer(options: reach.ssh) { observe(.notice($0)) }),
      local: SupervisedTransport(dialer: LocalDialer()))
    let driver = RunDriver(
      opening: opening, journal: crashing(journal), transport: transport,
      clock: SystemClock(notBefore: before.lastEventAt),
      known: secrets, reporter: SessionReporter(directory: directory, run: journal.run),
      files: LocalFileReading(), options: options, commands: commands, observe: observe)
    let end = await driver.drive()
    await transport.shutDown()
    await journal.release()
    return (end, await driver.state)
  }

  /// The hook of the end-to-end tests, described in `docs/testing.md`: the process kills itself right
  /// after that event of the run is committed.
  private func crashing(_ journal: any Journal) -> any Journal {
    guard let text = Terminal.environment("REPRISE_CRASH_AFTER_EVENT"), let number = Int(text),
      number > eventCount
    else { return journal }
    return CrashingJournal(journal, after: number - eventCount) {
      kill(getpid(), SIGKILL)
      while true { pause() }
    }
  }

  private static func opener(_ epoch: Int, after last: Timestamp?) -> RunOpening.Opener {
    RunOpening.Opener(
      process: Int(getpid()), epoch: epoch, operator: Person.current.description,
      now: SystemClock(notBefore: last).now())
  }
}

/// The machine that runs the engine through a child shell, everything else over SSH.
struct SessionTransport: Transport {
  let remote: SupervisedTransport
  let local: SupervisedTransport

  func connect(
    to host: RunbookCore.Host?, greeting: Greeting,
    receive: @escaping @Sendable (HostReport) -> Void
  ) async throws(TransportError) -> (link: any HostLink, facts: HostFacts) {
    try await (host == nil ? local : remote)
      .connect(to: host, greeting: greeting, receive: receive)
  }

  func bring(_ cargo: Cargo, to host: RunbookCore.Host?) async throws(CargoProblem) {
    try await (host == nil ? local : remote).bring(cargo, to: host)
  }

  func shutDown() async {
    await remote.shutDown()
    await local.shutDown()
  }
}
