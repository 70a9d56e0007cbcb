import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookLanguage
import RunbookReport

/// `reprise run NAME`
struct RunCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a runbook.",
    discussion: """
      reprise run hello
      reprise run precheck --inventory runbooks/servers.tsv
      reprise run precheck --identity ~/.ssh/id_ed25519
      reprise run ./repairs/disk.runbook --input size=20

      Ctrl-C (or SIGTERM, or a terminal that goes away) detaches: nothing new starts, what runs on \
      the hosts goes on, and `reprise resume` picks it up. A second Ctrl-C ends this process at \
      once. A pipe whose reader goes away changes nothing.
      """)

  static let onlyTells = false

  @Flag(help: "One JSON object for each event (docs/json.md).") var json = false
  @OptionGroup var chosen: ChosenRunbook
  @OptionGroup var driving: DrivingOptions
  @OptionGroup var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let (loaded, binding) = try chosen.load(common.errorStyle)
    let manner = WatchedRun.Manner(
      common: common, hosts: chosen.hosts, driving: driving, confirmsAll: consent.confirmsAll,
      isJSON: json)
    let run: WatchedRun
    do throws(JournalError) {
      let file = try await JournalFile.open(directory: common.state)
      let earlier = await EarlierRuns.of(loaded.plan.name, in: common.state)
      manner.output.write(earlier.notice(manner.commands).rendered(manner.style))
      let texts = loaded.sources.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
      let session = try await RunSession.begin(
        file, in: common.state, plan: loaded.plan,
        sources: Dictionary(texts) { first, _ in first }, binding: binding,
        inventory: chosen.given.inventory, connection: chosen.hosts.kept,
        options: manner.driveOptions)
      run = WatchedRun(session: session, expected: earlier.lengths)
    } catch {
      throw .journal(error)
    }
    return try await run.drive(manner)
  }
}
