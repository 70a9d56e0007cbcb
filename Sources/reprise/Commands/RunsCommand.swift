import ArgumentParser
import RunbookReport

/// `reprise runs`
struct RunsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List runs, newest first.",
    discussion: """
      reprise runs
      reprise runs --json | jq 'select(.isResumable)'
      """)

  @Flag(help: "One JSON object a line (docs/json.md).") var json = false
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    var rows: [RunRow] = []
    do throws(CommandError) {
      let runs = try await StoredRuns.open(common.state)
      for run in try await runs.all() { rows.append(try await runs.row(run)) }
    } catch {
      guard case .noRuns(let directory) = error else { throw error }
      if !json {
        Output.error.write(
          "There are no runs in \(directory) yet; `reprise run NAME` begins one.\n")
      }
      return .done
    }
    if json {
      for row in rows { Output.standard.write(RunsTable.json(row) + "\n") }
    } else {
      let lines = RunsTable.lines(rows, now: SystemClock().now(), clock: .local)
      Output.standard.write(lines.rendered(common.style, width: common.tableWidth))
    }
    return .done
  }
}
