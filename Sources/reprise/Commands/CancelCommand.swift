import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise cancel RUN`
struct CancelCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "End a run and what it has at work on its hosts.",
    discussion: """
      reprise cancel 7f3c        by the process that drives it, else by this one

      Actions get SIGTERM, and ten seconds later SIGKILL. What the run changed stays: `reprise \
      resume` goes on all the same, `reprise rollback` undoes it. Ends with 0 once the run is \
      cancelled, and with 75 where the process that drives it has not answered within a minute.
      """)

  static let onlyTells = false

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String
  @Flag(help: "One JSON object with the state of the run (docs/json.md).") var json = false
  @OptionGroup var hosts: HostOptions
  @OptionGroup var driving: DrivingOptions
  @OptionGroup(visibility: .hidden) var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    if case .ended = summary.state { return try await conclude(summary, runs) }
    do throws(JournalError) {
      let request = OwnerRequest(runs: runs, run: summary.id)
      if let owner = summary.owner {
        if owner.isStopped {
          throw .owned(run: summary.id, process: owner.process, isStopped: true)
        }
        switch try await request.make(.cancel, in: common.state) {
        case .taken, .refused, .ownerLeft: break
        case .none(let process): return late(summary.id, process)
        }
        let isOver = try await request.wait { () async throws(JournalError) in
          try await runs.history.summary(of: summary.id).owner == nil
        }
        if !isOver { return late(summary.id, owner.process) }
      }
    } catch {
      throw .journal(error)
    }
    let left = try await runs.find(summary.id)
    if case .ended = left.state { return try await conclude(left, runs) }
    return try await takeOver(left, runs)
  }

  /// Nobody drives it: this process does, until what is in flight has ended.
  @MainActor private func takeOver(
    _ summary: RunSummary, _ runs: StoredRuns
  ) async throws(CommandError) -> ExitStatus {
    let manner = WatchedRun.Manner(
      common: common, hosts: hosts, driving: driving, confirmsAll: consent.confirmsAll,
      isJSON: json, isQuiet: json)
    guard let session = try await RunSession.end(summary.id, as: .cancelled, manner) else {
      return try await conclude(try await runs.find(summary.id), runs)
    }
    let status = try await WatchedRun(session: session, expected: [:]).drive(manner)
    let after = try await runs.find(summary.id)
    guard case .ended = after.state else { return status }
    return try await conclude(after, runs, isSaid: true)
  }

  /// - Parameter isSaid: how it ended stands on the screen already.
  @MainActor private func conclude(
    _ run: RunSummary, _ runs: StoredRuns, isSaid: Bool = false
  ) async throws(CommandError) -> ExitStatus {
    let row = RunRow(run)
    if json {
      Output.standard.write(RunsTable.json(row) + "\n")
    } else if case .ended(.cancelled) = run.state {
      if !isSaid { try await say(run, runs) }
    } else {
      var line = Line()
      line.append(row.shown.glyph)
      line.append(" Run \(run.id) had ended already (\(row.word)): nothing of it is at work.")
      Output.standard.write([line].rendered(common.style))
    }
    return .done
  }

  @MainActor private func say(
    _ run: RunSummary, _ runs: StoredRuns
  ) async throws(CommandError) {
    let state = try await runs.state(of: run.id)
    let text = ClosingText(
      state, clock: .local, commands: commands, now: SystemClock().now(),
      evidence: await runs.evidence(of: state))
    Output.standard.write(text.lines(ended: .cancelled).rendered(common.style))
  }

  @MainActor private func late(_ run: String, _ process: Int) -> ExitStatus {
    Output.error.write(
      "Run \(run) is asked to end; process \(process), which drives it, has not done so yet.\n"
        + "How it stands:  \(commands.show(run))\n")
    return .stopped
  }

  private var commands: Commands {
    Commands(stateFlags: common.stateFlags, hostFlags: hosts.flags)
  }
}
