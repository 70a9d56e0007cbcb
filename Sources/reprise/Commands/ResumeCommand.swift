import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookLanguage
import RunbookReport

/// `reprise resume [RUN]`
struct ResumeCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a run exactly where it stopped.",
    discussion: """
      reprise resume                          the newest run that can be resumed
      reprise resume 7f3c --rerun install     start a task in doubt again
      reprise resume 7f3c --accept install    take a task in doubt as done

      reprise resume 7f3c --adopt             go on with the runbook as it is edited now

      The runbook, the inventory and the inputs are those that the run began with, and so are \
      --identity, --known-hosts and --transport where they are not given. What ended well is not \
      touched, what still runs on a host is taken up again, and what failed is tried again. \
      `--adopt` shows what the edited runbook changes, step by step, and asks (`--yes` says yes to that alone). A \
      step that ran and is changed has to be named: `--rerun STEP` starts it again as it is now, \
      `--accept STEP` leaves what it did. Ends with 75 and the command that goes on where that is \
      not decided, and with 65 where the edited runbook can't take the place of the other.
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
  @Flag(help: "Go on with the runbook as it is edited now, after showing the difference.")
  var adopt = false
  @Flag(help: "Go on although a lasting check does not hold any more, or a host was set up anew.")
  var ignoreDrift = false
  @Flag(help: "One JSON object for each event (docs/json.md).") var json = false
  @OptionGroup(title: "With --adopt") var given: InputOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var driving: DrivingOptions
  @OptionGroup var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    if !adopt, !given.inputs.isEmpty || given.inventory != nil {
      throw ValidationError(
        "a run keeps its inputs and its inventory; --adopt takes others with the edited runbook")
    }
    if let task = rerun.first(where: accept.contains) {
      throw ValidationError("--rerun and --accept both name \(task): decide for one of them")
    }
  }

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let manner = WatchedRun.Manner(
      common: common, hosts: hosts, driving: driving,
      // The yes to an edited runbook is no yes to what it asks later.
      confirmsAll: consent.confirmsAll && !adopt, isJSON: json)
    let summary = try await chosenRun()
    if case .ended(.succeeded) = summary.state { return alreadyDone(summary, manner) }
    var edited: EditedRunbook?
    if adopt {
      // Before anything is asked that could not be done then.
      if let owner = summary.owner {
        throw .journal(
          .owned(run: summary.id, process: owner.process, isStopped: owner.isStopped))
      }
      if case .ended(.rolledBack) = summary.state {
        throw try await rolledBack(summary, manner)
      }
      let state = try await StoredRuns.open(common.state).state(of: summary.id)
      let read = try EditedRunbook.of(state, given: given)
      if !read.warnings.isEmpty {
        Output.error.write(
          DiagnosticRenderer.render(read.warnings, color: common.errorStyle.isColored) + "\n")
      }
      if let stop = try agree(to: read, state, manner) { return stop }
      edited = read
    } else if let state = try? await StoredRuns.open(common.state).state(of: summary.id),
      let read = try? EditedRunbook.of(state, given: given),
      !read.review(state, rerun: [], accepted: []).difference.isEmpty
    {
      let file = state.plan.origin.file
      let line = Line(
        "\(file) was changed since run \(summary.id) began, which goes on as it was. To see it:  ")
      Output.error.write(
        line.ending(with: manner.commands.resume(summary.id, " --adopt"))
          .rendered(common.errorStyle))
    }
    let wishes = SaidWishes(
      rerun: rerun.map { TaskName($0) }, accepted: accept.map { TaskName($0) }, approved: approve,
      ignoresDrift: ignoreDrift, edited: edited)
    let resumed: Result<RunSession, ResumeProblem>
    do throws(JournalError) {
      let file = try await JournalFile.open(directory: common.state)
      resumed = try await RunSession.resume(
        file, in: common.state, run: summary.id, wishes.of, options: manner.driveOptions)
    } catch {
      throw .journal(error)
    }
    let session: RunSession
    switch resumed {
    case .success(let taken): session = taken
    case .failure(.isDone): return alreadyDone(summary, manner)
    case .failure(.isRolledBack): throw try await rolledBack(summary, manner)
    case .failure(.isDeadEnd):
      let state = try await StoredRuns.open(common.state).state(of: summary.id)
      throw .usage(
        "run \(summary.id) can't go on: what failed in it is undone, and nothing after it may begin",
        help: "undo the rest with `\(manner.commands.rollback(summary.id))`, or begin anew with "
          + "`\(manner.commands.beginAnew(state))`")
    case .failure(.noSuchDoubt(let name, let doubts)):
      throw .nothingToDecide(name, run: summary.id, doubts: doubts)
    case .failure(.ambiguous(let name, let steps)):
      throw .usage(
        "several steps in doubt of run \(summary.id) are called `\(name)`",
        help: "say which: " + Words.list(steps, most: 8))
    case .failure(.noOneQuestion(let name, [])):
      let steps = try await StoredRuns.open(common.state).state(of: summary.id).index.steps
      guard TaskName(name).fitting(steps.map { TaskID($0.path) }).isEmpty else {
        throw .usage(
          "`\(name)` of run \(summary.id) asks nobody: it has no `confirm`",
          help: "what a run waits for: `\(manner.commands.show(summary.id))`")
      }
      throw .noSuchTask(name, run: summary.id, steps: steps.map(\.path))
    case .failure(.noOneQuestion(let name, let steps)):
      throw .usage(
        "several steps of run \(summary.id) that ask are called `\(name)`",
        help: "say which: " + Words.list(steps, most: 8))
    case .failure(.cannotAdopt):
      throw .usage(
        "run \(summary.id) has gone on since the difference was shown",
        help: "look at it again: `\(manner.commands.resume(summary.id, " --adopt"))`")
    }
    say(session.opening, manner)
    let earlier = await EarlierRuns.of(summary.runbook, in: common.state, but: summary.id)
    return try await WatchedRun(session: session, expected: earlier.lengths).drive(manner)
  }

  /// The newest that can be resumed where none is named: never one that is over.
  @MainActor private func chosenRun() async throws(CommandError) -> RunSummary {
    let runs = try await StoredRuns.open(common.state)
    let newest: RunSummary
    do throws(JournalError) {
      newest = try await runs.history.find(run)
    } catch {
      throw .journal(error)
    }
    guard run == nil, newest.state == .ended(.failed) else { return newest }
    for candidate in try await runs.all() where candidate.isResumable {
      guard candidate.state == .ended(.failed) else { return candidate }
      if !(try await runs.state(of: candidate.id)).isDeadEnd { return candidate }
    }
    return newest
  }

  /// Shows what the edited runbook changes, and asks. Returns how the command ends where it does
  /// not go on.
  @MainActor private func agree(
    to edited: EditedRunbook, _ state: RunState, _ manner: WatchedRun.Manner
  ) throws(CommandError) -> ExitStatus? {
    let review = edited.review(
      state, rerun: rerun.map { TaskName($0) }, accepted: accept.map { TaskName($0) })
    let text = DifferenceText(
      review.difference, of: state, to: edited.plan, commands: manner.commands)
    manner.output.write(text.lines.rendered(manner.style))
    guard review.problems.isEmpty else {
      throw .cannotAdopt(review.problems, run: state.runID)
    }
    if !review.undecided.isEmpty {
      for one in review.undecided {
        manner.output.write(
          text.undecided(one.step, one.tasks, isGone: one.isGone, wish: wish)
            .rendered(manner.style))
      }
      return .stopped
    }
    if review.difference.isEmpty || consent.confirmsAll { return nil }
    guard manner.isAttended else {
      manner.output.write(
        "Nothing was changed. To go on with the edited runbook:  "
          + manner.commands.resume(state.runID, wish + " --yes") + "\n")
      return .stopped
    }
    manner.output.write("Go on with the edited runbook? [y/n] ")
    let answer = readLine()?.lowercased().filter { !$0.isWhitespace } ?? ""
    if answer == "y" || answer == "yes" { return nil }
    manner.output.write(
      "Nothing was changed. To go on without it:  " + manner.commands.resume(state.runID) + "\n")
    return .stopped
  }

  /// The options of an adoption that are given already, for the command that goes on.
  private var wish: String {
    var words = ["--adopt"]
    words += rerun.flatMap { ["--rerun", $0] } + accept.flatMap { ["--accept", $0] }
    words += given.inputs.flatMap { ["--input", $0] }
    if let inventory = given.inventory { words += ["--inventory", inventory] }
    return words.map { " " + Commands.quoted($0) }.joined()
  }

  @MainActor private func rolledBack(
    _ run: RunSummary, _ manner: WatchedRun.Manner
  ) async throws(CommandError) -> CommandError {
    let state = try await StoredRuns.open(common.state).state(of: run.id)
    return .rolledBack(run: run.id, again: manner.commands.beginAnew(state))
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

/// What the operator says, before the state is known that it is said of.
private struct SaidWishes: Sendable {
  var rerun: [TaskName]
  var accepted: [TaskName]
  var approved: [String]
  var ignoresDrift: Bool
  var edited: EditedRunbook?

  func of(_ state: RunState) -> ResumeWishes {
    var wishes = ResumeWishes()
    wishes.review = edited?.review(state, rerun: rerun, accepted: accepted)
    wishes.rerun = rerun
    wishes.accepted = accepted
    // A step is named as everywhere else: by its name or its path.
    let questions = (edited.map { PlanIndex($0.plan).steps } ?? state.index.steps).filter {
      if case .confirm? = $0.action { true } else { false }
    }
    let waiting = Set(state.waitingForPerson.map(\.step)).map { TaskID($0) }
    for name in approved {
      let meant = TaskName(name)
      // The one that asks now, where others are called so too.
      let now = meant.fitting(waiting)
      let all = now.isEmpty ? meant.fitting(questions.map { TaskID($0.path) }) : now
      // One answer is no answer to two questions.
      let paths = Set(all.map(\.step)).sorted()
      if paths.count != 1 { wishes.unclear = (name, paths) }
      wishes.approved += paths
    }
    wishes.ignoresDrift = ignoresDrift
    return wishes
  }
}
