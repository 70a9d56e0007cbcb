import Foundation
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookTransport

/// One process driving one run: the journal, the transports and the driver put together.
struct RunSession {
  var directory: String
  var journal: RunJournal
  var opening: RunOpening
  var options: DriveOptions
  var reach: ReachOptions

  /// How hosts are reached, from the command line.
  struct ReachOptions: Sendable {
    var ssh = SSHOptions()
    var implementation = SSHImplementation.auto
  }

  /// Begins a run of a compiled and bound runbook; nothing is journaled before it is driven.
  ///
  /// - Parameter sources: every file of the runbook by its path: stored with the run.
  static func begin(
    _ file: JournalFile, in directory: String, plan: Plan, sources: [String: String],
    binding: Binding, options: DriveOptions, reach: ReachOptions
  ) async throws(JournalError) -> RunSession {
    let description = RunDescription(
      id: try await file.newRunID(), runbook: plan.name, title: plan.title,
      operator: currentOperator(), machine: machineName())
    let journal = try await file.createRun(
      RunSource(description: description, plan: plan, sources: sources, binding: binding))
    let opening = RunOpening(
      beginning: description, plan: plan, binding: binding, by: opener(journal.epoch))
    return RunSession(
      directory: directory, journal: journal, opening: opening, options: options, reach: reach)
  }

  /// Takes a run over where it stopped.
  ///
  /// - Parameter wishes: checked against the run before anything is journaled; what does not fit
  ///   is the failure of the result.
  static func resume(
    _ file: JournalFile, in directory: String, run: String, _ wishes: ResumeWishes,
    options: DriveOptions, reach: ReachOptions
  ) async throws(JournalError) -> Result<RunSession, ResumeProblem> {
    let (journal, stored) = try await file.takeOver(run: run)
    var state = RunState(plan: stored.plan, binding: stored.binding)
    for fact in stored.facts { state.apply(fact) }
    do throws(ResumeProblem) {
      let opening = try RunOpening(resuming: state, wishes, by: opener(journal.epoch))
      return .success(
        RunSession(
          directory: directory, journal: journal, opening: opening, options: options,
          reach: reach))
    } catch {
      await journal.release()
      return .failure(error)
    }
  }

  /// Drives the run until it ends or has to stop.
  func drive(
    commands: AsyncStream<OperatorCommand>, observe: @escaping @Sendable (RunUpdate) -> Void
  ) async -> DriveEnd {
    let secrets = SecretReading()
    for secret in opening.state.plan.secrets {
      // Read once before anything starts, so that a missing one is known at the beginning.
      do throws(SecretProblem) {
        _ = try await secrets.read(secret)
      } catch {
        observe(.notice("secret \(error.name): \(error.reason): \(error.remedy)"))
        return .stopped(.stateUnusable("the secret \(error.name) can't be read"))
      }
    }
    let transport = SessionTransport(
      remote: SupervisedTransport(
        dialer: reach.implementation.dialer(options: reach.ssh) { observe(.notice($0)) }),
      local: SupervisedTransport(dialer: LocalDialer()))
    let driver = RunDriver(
      opening: opening, journal: crashing(journal), transport: transport, clock: SystemClock(),
      secrets: secrets, reporter: SessionReporter(directory: directory, run: journal.run),
      options: options, commands: commands, observe: observe)
    let end = await driver.drive()
    await transport.shutDown()
    await journal.release()
    return end
  }

  /// The hook of the end-to-end tests: see docs/testing.md.
  private func crashing(_ journal: any Journal) -> any Journal {
    guard let text = ProcessInfo.processInfo.environment["REPRISE_CRASH_AFTER_EVENT"],
      let event = Int(text), event > 0
    else { return journal }
    return CrashingJournal(journal, after: event) {
      kill(getpid(), SIGKILL)
      fatalError("a killed process goes on")
    }
  }

  private static func opener(_ epoch: Int) -> RunOpening.Opener {
    RunOpening.Opener(
      process: Int(getpid()), epoch: epoch, operator: currentOperator(),
      now: SystemClock().now())
  }
}

/// The machine that runs the engine through a child shell, everything else over SSH.
struct SessionTransport: Transport {
  let remote: SupervisedTransport
  let local: SupervisedTransport

  func connect(
    to host: RunbookCore.Host?, greeting: Greeting, receive: @escaping @Sendable (HostReport) -> Void
  ) async throws(TransportError) -> (link: any HostLink, facts: HostFacts) {
    try await (host == nil ? local : remote)
      .connect(to: host, greeting: greeting, receive: receive)
  }

  func shutDown() async {
    await remote.shutDown()
    await local.shutDown()
  }
}

/// `root@install-01`: who is asked when somebody wonders in the morning.
func currentOperator() -> String { "\(NSUserName())@\(machineName())" }

func machineName() -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
