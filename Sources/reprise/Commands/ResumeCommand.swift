import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise resume [RUN]`
struct ResumeCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a run exactly where it stopped.",
    discussion: """
      reprise resume                          the newest run that can be resumed
      reprise resume 7f3c --rerun install     start a task in doubt again
      reprise resume 7f3c --accept install    take a task in doubt as done

      The runbook, the inventory and the inputs are those that the run began with. What ended well \
      is not touched, what still runs on a host is taken up again, and what failed is tried again.
      """)

  static let onlyTells = false

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String?
  @Option(
    help: ArgumentHelp("A task in doubt to start again; may be repeated.", valueName: "step[@host]")
  )
  var rerun: [String] = []
  @Option(
    help: ArgumentHelp(
      "A task in doubt to take as done; may be repeated.", valueName: "step[@host]")
  )
  var accept: [String] = []
  @Option(help: ArgumentHelp("A step that waits for a yes; may be repeated.", valueName: "step"))
  var approve: [String] = []
  @Flag(help: "Go on although a lasting check does not hold any more.") var ignoreDrift = false
  @Flag(help: "One JSON object for each event (docs/json.md).") var json = false
  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    if let task = rerun.first(where: accept.contains) {
      throw ValidationError("--rerun and --accept both name \(task): decide for one of them")
    }
  }

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let manner = WatchedRun.Manner(common: common, hosts: hosts, isJSON: json)
    let summary = try await chosenRun()
    if case .ended(.succeeded) = summary.state { return alreadyDone(summary, manner) }
    let resumed: Result<RunSession, ResumeProblem>
    do throws(JournalError) {
      let file = try await JournalFile.open(directory: common.state)
      resumed = try await RunSession.resume(
        file, in: common.state, run: summary.id, wishes, options: manner.driveOptions,
        reach: manner.reach)
    } catch {
      throw .journal(error)
    }
    let session: RunSession
    switch resumed {
    case .success(let taken): session = taken
    case .failure(.isDone): return alreadyDone(summary, manner)
    case .failure(.isRolledBack): throw .rolledBack(run: summary.id, runbook: summary.runbook)
    case .failure(.noSuchDoubt(let name, let doubts)):
      throw .nothingToDecide(name, run: summary.id, doubts: doubts)
    }
    say(session.opening, manner)
    let earlier = await EarlierRuns.of(summary.runbook, in: common.state, but: summary.id)
    return try await WatchedRun(session: session, expected: earlier.lengths).drive(manner)
  }

  /// The newest that can be resumed where none is named: never one that is over.
  @MainActor private func chosenRun() async throws(CommandError) -> RunSummary {
    let runs = try await StoredRuns.open(common.state)
    do throws(JournalError) {
      return try await runs.history.find(run)
    } catch {
      throw .journal(error)
    }
  }

  private func wishes(_ state: RunState) -> ResumeWishes {
    var wishes = ResumeWishes()
    wishes.rerun = rerun.map { TaskName($0) }
    wishes.accepted = accept.map { TaskName($0) }
    // A step is named as everywhere else: by its name or its path.
    wishes.approved = approve.flatMap { name in
      state.index.steps.map(\.path).filter { TaskName(name).fits(TaskID($0)) }
    }
    wishes.ignoresDrift = ignoreDrift
    return wishes
  }

  @MainActor private func alreadyDone(
    _ run: RunSummary, _ manner: WatchedRun.Manner
  ) -> ExitStatus {
    manner.output.write("Run \(run.id) is done already; there is nothing to resume.\n")
    return .done
  }

  /// Names what is tried again, before it is.
  @MainActor private func say(_ opening: RunOpening, _ manner: WatchedRun.Manner) {
    guard !opening.reopened.isEmpty else { return }
    var line = Line("Tried again, because it failed: ")
    line.append(Words.list(opening.reopened.map(\.description), most: 8), .strong)
    manner.output.write([line].rendered(manner.style))
  }
}
