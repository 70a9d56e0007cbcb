import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// A run that this process drives, with its screen and its signals.
@MainActor struct WatchedRun {
  var session: RunSession
  /// What each step took in an earlier run.
  var expected: [StepPath: Int]

  /// How this one is shown and reached.
  struct Manner {
    var common: CommonOptions
    var hosts: HostOptions
    var driving: DrivingOptions
    /// Every question is answered with yes.
    var confirmsAll: Bool
    var isJSON: Bool
    /// Nothing but the last lines: a command that prints JSON of its own.
    var isQuiet = false
    /// What the run keeps of how its hosts are reached: nobody has to type that again.
    var kept: [String] = []

    var commands: Commands {
      Commands(
        stateFlags: common.stateFlags, hostFlags: hosts.kept == kept ? [] : hosts.flags,
        runFlags: hosts.flags)
    }
    /// The same with what the run keeps where nothing else is given.
    func knowing(_ run: RunDescription?) -> Manner {
      var manner = self
      manner.kept = run?.connection ?? []
      manner.hosts = hosts.completed(by: manner.kept)
      return manner
    }
    var reach: RunSession.ReachOptions {
      RunSession.ReachOptions(ssh: hosts.ssh, implementation: hosts.transport)
    }
    /// A person is at the terminal and can be asked.
    var isAttended: Bool { !isJSON && Terminal.isAttended }
    var driveOptions: DriveOptions {
      driving.options(confirmsAll: confirmsAll, isAttended: isAttended)
    }
    var isLive: Bool { !isJSON && Terminal.isCapable(.standard) }
    /// Where the last lines go: out of the way of JSON.
    var output: Output { isJSON ? .error : .standard }
    var style: Style { isJSON ? common.errorStyle : common.style }
  }

  /// Drives until the run ends or stops, says how it stands, and what goes on.
  func drive(_ manner: Manner) async throws(CommandError) -> ExitStatus {
    let manner = manner.knowing(session.opening.state.description)
    var session = session
    session.reach = manner.reach
    do throws(SecretProblem) {
      try await session.readSecrets()
    } catch {
      await session.journal.release()
      throw .secret(error)
    }
    let screen = Screen(face(manner))
    let (commands, sender) = AsyncStream.makeStream(of: OperatorCommand.self)
    let interruptions = Interruptions(lastWord: manner.commands.resume(session.journal.run)) {
      screen.show(.detaching)
      sender.yield(.detach)
    }
    interruptions.start(screen: screen)
    if manner.isAttended { listen(interruptions, screen, sender) }
    screen.start()
    let (end, state) = await session.drive(commands: commands) { update in
      screen.show(.engine(update))
      if Output.standard.isTerminalGone { interruptions.terminalIsGone() }
    }
    await screen.close()
    interruptions.stop()
    try await close(end, state, manner)
    return session.undoesByWish && end == .ended(.rolledBack) ? .done : ExitStatus(end)
  }

  private func face(_ manner: Manner) -> any Face {
    if manner.isQuiet { return NoFace() }
    if manner.isJSON { return JSONFace(run: session.journal.run, after: session.eventCount) }
    if manner.isLive {
      return LiveFace(
        LiveView(
          state: session.before, commands: manner.commands, fleeting: Fleeting(expected: expected)),
        style: manner.style)
    }
    return PlainFace(
      PlainLog(state: session.before, clock: .local, commands: manner.commands),
      style: manner.style, isAttended: manner.isAttended)
  }

  /// Answers to a `confirm`, typed below the frame.
  private func listen(
    _ interruptions: Interruptions, _ screen: Screen,
    _ sender: AsyncStream<OperatorCommand>.Continuation
  ) {
    let person = Person.current.description
    interruptions.readLines { text in
      if let text { screen.show(.typed(text)) }
      guard let question = screen.question() else { return }
      // Nobody is there to decide: as without a terminal.
      guard let text else { return interruptions.leave() }
      switch text.lowercased().filter({ !$0.isWhitespace }) {
      case "y", "yes": sender.yield(.confirm(question, by: person))
      case "n", "no": sender.yield(.deny(question, by: person))
      default: screen.show(.unclear)
      }
    }
  }

  private func close(
    _ end: DriveEnd, _ state: RunState, _ manner: Manner
  ) async throws(CommandError) {
    let runs = try? await StoredRuns.open(manner.common.state)
    let evidence = await runs?.evidence(of: state) ?? ClosingText.Evidence()
    let text = ClosingText(
      state, clock: .local, commands: manner.commands, now: SystemClock().now(),
      evidence: evidence)
    let lines: [Line]
    switch end {
    case .ended(let outcome): lines = text.lines(ended: outcome)
    case .stopped(let reason): lines = text.lines(stopped: reason)
    case .journalFailed(let error):
      Output.error.write(
        ErrorText(commands: manner.commands, style: manner.common.errorStyle).text(error))
      let isKept = await isKept(runs)
      lines = isKept ? self.lines(after: error, text) : Self.again(error)
    }
    manner.output.write(lines.rendered(manner.style))
  }

  /// The journal has something of this process, so that what was asked of it goes on by `resume`.
  private func isKept(_ runs: StoredRuns?) async -> Bool {
    let facts = try? await runs?.history.facts(
      of: session.journal.run, after: session.eventCount, limit: 1)
    return facts.map { !$0.isEmpty } ?? (session.eventCount > 0)
  }

  private func lines(after error: JournalError, _ text: ClosingText) -> [Line] {
    switch error {
    case .lockHeld: text.lines(unrecorded: "When that run has ended")
    case .owned, .superseded: text.lines(stopped: .superseded)
    case .notWritable, .full, .busy:
      text.lines(unrecorded: "When the state can be written again")
    case .notFound, .noSuchRun, .ambiguousRun, .damaged, .newerVersion, .networkFilesystem,
      .outdated, .forgotten, .other:
      text.lines(unrecorded: "When the state is mended")
    }
  }

  /// Of a process that recorded nothing: nothing was started, and the command is the same one.
  private static func again(_ error: JournalError) -> [Line] {
    var lead = "Nothing was started. To try again:  "
    if case .lockHeld = error { lead = "Nothing was started. When that run has ended:  " }
    let words = ["reprise"] + CommandLine.arguments.dropFirst().map(Commands.quoted)
    return Line(lead).ending(with: words.joined(separator: " "))
  }
}
