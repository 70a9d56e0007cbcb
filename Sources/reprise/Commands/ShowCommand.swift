import ArgumentParser
import RunbookCore
import RunbookJournal
import RunbookReport

/// `reprise show [RUN]`
struct ShowCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "The steps of a run with every task's state.",
    discussion: """
      reprise show            of the newest run that can be resumed, else the newest
      reprise show 7f3c
      """)

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String?
  @Flag(help: "One JSON object a task (docs/json.md).") var json = false
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    var state = try await runs.state(of: summary.id)
    // Its process had no time to say so.
    if summary.state == .interrupted {
      state.apply(Fact(time: summary.lastEvent, event: .ownerLeft(.detached)))
    }
    if json {
      for line in StepGraphText(state, now: SystemClock().now()).json {
        Output.standard.write(line + "\n")
      }
      return .done
    }
    let row = try await runs.row(summary)
    var head = Line(summary.title ?? summary.runbook, .strong)
    head.append(" · run \(summary.id) · ")
    head.append(row.shown.glyph)
    head.append(" \(row.word) · \(ClockText.local.dateAndTime(summary.started)) · by \(row.by)")
    let now = SystemClock().now()
    let tree = [head] + StepGraphText(state, now: now).lines
    Output.standard.write(tree.rendered(common.style, width: common.tableWidth))
    Output.standard.write(await closing(summary, state, runs).rendered(common.style))
    return .done
  }

  /// What it found out, or what stopped it and the command that goes on.
  @MainActor private func closing(
    _ summary: RunSummary, _ state: RunState, _ runs: StoredRuns
  ) async -> [Line] {
    let text = ClosingText(
      state, clock: .local, commands: common.commands, now: SystemClock().now(),
      evidence: await runs.evidence(of: state))
    switch summary.state {
    case .running: return text.asked
    case .ended(.succeeded): return text.results
    case .interrupted: return text.interrupted
    case .stopped(let reason): return text.lines(stopped: reason)
    case .ended(let outcome): return text.lines(ended: outcome)
    }
  }
}
