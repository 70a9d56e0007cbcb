import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise rollback RUN`
struct RollbackCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Undo what a run changed, step by step in reverse.",
    discussion: """
      reprise rollback 7f3c      also of a run that is done

      What still runs is waited for first (`reprise cancel` ends it); a task in doubt has to be \
      decided before, and stops this with 75. Steps with `no rollback` are passed over and named. \
      Ends with 0 once everything is undone; a rollback that fails stops there with 1, and \
      `reprise resume` goes on with it, and ends with 0 then.
      """)

  static let onlyTells = false

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String
  @Flag(help: "One JSON object for each event (docs/json.md).") var json = false
  @OptionGroup var hosts: HostOptions
  @OptionGroup var driving: DrivingOptions
  @OptionGroup(visibility: .hidden) var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let manner = WatchedRun.Manner(
      common: common, hosts: hosts, driving: driving, confirmsAll: consent.confirmsAll, isJSON: json
    )
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    guard let session = try await RunSession.end(summary.id, as: .undone, manner) else {
      throw .rolledBack(
        run: summary.id,
        again: manner.commands.beginAnew(try await runs.state(of: summary.id)))
    }
    let earlier = await EarlierRuns.of(summary.runbook, in: common.state, but: summary.id)
    return try await WatchedRun(session: session, expected: earlier.lengths).drive(manner)
  }
}
