import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise approve RUN STEP`
struct ApproveCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Answer a step that waits for a person.",
    discussion: """
      reprise approve 7f3c go-ahead           say yes to a run that waits in another terminal
      reprise approve 7f3c go-ahead --deny    say no: the run stops there

      Where no process drives the run, nothing is recorded: `reprise resume RUN --approve STEP` says \
      yes and goes on, and a no needs no answer, as the run stays where it is. That is said, with 75.
      """)

  static let onlyTells = false

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String
  @Argument(help: "A step that asks a person: its name or its path.") var step: String
  @Flag(help: "Say no.") var deny = false
  @Flag(help: "One JSON object (docs/json.md).") var json = false
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    let state = try await runs.state(of: summary.id)
    let path = try path(summary, state)
    guard let owner = summary.owner else { return nobodyDrives(summary, path) }
    let answer: OwnerRequest.Answer
    do throws(JournalError) {
      if owner.isStopped {
        throw .owned(run: summary.id, process: owner.process, isStopped: true)
      }
      answer = try await OwnerRequest(runs: runs, run: summary.id, patience: 30_000)
        .make(deny ? .deny(step: path) : .approve(step: path), in: common.state)
    } catch {
      throw .journal(error)
    }
    switch answer {
    case .taken:
      write(summary.id, path)
      return .done
    case .ownerLeft: return nobodyDrives(summary, path)
    case .refused:
      // Somebody else was faster, or the run went on: what waits now is said instead.
      _ = try self.path(try await runs.find(run), try await runs.state(of: summary.id))
      throw .usage(
        "`\(step)` of run \(summary.id) did not wait for an answer when it was given",
        help: "how it stands: `\(common.commands.show(summary.id))`")
    case .none(let process):
      Output.error.write(
        "Process \(process), which drives run \(summary.id), has not taken the answer yet.\n"
          + "How it stands:  \(common.commands.show(summary.id))\n")
      return .stopped
    }
  }

  /// The step that is meant, where it waits for an answer now.
  private func path(
    _ summary: RunSummary, _ state: RunState
  ) throws(CommandError) -> StepPath {
    let name = TaskName(step)
    guard state.index.steps.contains(where: { name.fits(TaskID($0.path)) }) else {
      throw .noSuchTask(step, run: summary.id, steps: state.index.steps.map(\.path))
    }
    let waiting = summary.isOver ? [] : Set(state.waitingForPerson.map(\.step)).sorted()
    let meant = name.fitting(waiting.map { TaskID($0) }).map(\.step)
    guard let path = meant.first else {
      throw .usage(
        "`\(step)` of run \(summary.id) does not wait for an answer",
        help: waiting.isEmpty
          ? "no step of it does; how it stands: `\(common.commands.show(summary.id))`"
          : "waiting: " + Words.list(waiting, most: 8))
    }
    guard meant.count == 1 else {
      throw .usage(
        "several steps of run \(summary.id) are called `\(step)`",
        help: "say which: " + Words.list(meant, most: 8))
    }
    return path
  }

  @MainActor private func nobodyDrives(_ summary: RunSummary, _ path: StepPath) -> ExitStatus {
    let command =
      deny
      ? common.commands.rollback(summary.id)
      : common.commands.resume(summary.id, " --approve \(path)")
    let lead =
      deny
      ? "your no is not recorded; the run stays where it is. To undo what it changed:  "
      : "your yes is not recorded. To say yes and go on:  "
    let lines = Line("No process drives run \(summary.id): " + lead).ending(with: command)
    let (output, style): (Output, Style) =
      json ? (.error, common.errorStyle) : (.standard, common.style)
    output.write(lines.rendered(style))
    return .stopped
  }

  @MainActor private func write(_ run: String, _ path: StepPath) {
    if json {
      var object = JSONObject()
      object["run"] = .string(run)
      object["step"] = .string(path)
      object["answer"] = .string(deny ? "denied" : "approved")
      object["by"] = .string(Person.current.description)
      Output.standard.write(object.text + "\n")
      return
    }
    var line = Line()
    line.append(deny ? ShownState.failed.glyph : ShownState.done.glyph)
    line.append(" \(path)", .strong)
    line.append(" of run \(run) is \(deny ? "denied" : "approved")")
    Output.standard.write([line].rendered(common.style))
  }
}
