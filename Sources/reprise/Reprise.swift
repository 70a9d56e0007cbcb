import ArgumentParser
import Glibc
import RunbookLanguage
import RunbookReport

/// The command line. Every subcommand has a file in `Commands`.
struct Reprise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reprise",
    abstract: "Run a runbook; resume it exactly where it stopped.",
    discussion: """
      reprise run hello          run runbooks/hello.runbook
      reprise resume             go on with the newest run that stopped
      reprise history            what happened in it

      Exit codes: 0 done, 1 the run failed, 64 usage, 65 the runbook has errors, 69 a
      host can't be reached, 73 the state can't be used, 75 stopped before the end,
      76 the lock is held. After 69 and 75 `reprise resume` goes on.
      """,
    subcommands: [
      RunCommand.self, ResumeCommand.self, ListCommand.self, RunsCommand.self,
      HistoryCommand.self, LogsCommand.self, ShowCommand.self, CheckCommand.self,
      CancelCommand.self, ApproveCommand.self, RollbackCommand.self, ReportCommand.self,
      PlanCommand.self, GraphCommand.self, FormatCommand.self, DoctorCommand.self,
      GcCommand.self, StashCommand.self,
    ])
}

/// A subcommand that does something. Its work begins on the main thread, where it may block: the
/// engine, its journal and its hosts have threads of their own.
protocol Command: ParsableCommand {
  /// State, colours: what every command knows.
  var common: CommonOptions { get }
  @MainActor func execute() async throws(CommandError) -> ExitStatus
  /// True where what it writes is all that it is for: then it fails when that can't be written.
  static var onlyTells: Bool { get }
}

extension Command {
  static var onlyTells: Bool { true }
}

@main
enum Main {
  @MainActor static func main() async {
    Descriptors.openMissing()
    // A reader that goes away is told by write(2), not by a signal that would end a run.
    signal(SIGPIPE, SIG_IGN)
    let words = CommandLine.arguments.dropFirst()
    // Nothing to parse, and the parser takes a third of the time in which help is there.
    if words.isEmpty { tellHelp(.usage) }
    if words.count == 1, ["--help", "-h", "help"].contains(words.first) { tellHelp(.done) }
    do {
      if words.first == "help", let error = misspelt { refuse(error) }
      var parsed = try Reprise.parseAsRoot()
      if parsed is Reprise { tellHelp(.usage) }
      guard let command = parsed as? any Command else {
        // The parser's own, such as help.
        try parsed.run()
        exit(ExitStatus.done.rawValue)
      }
      leave(await status(of: command))
    } catch {
      if let misspelt { refuse(misspelt) }
      Reprise.exit(withError: error)
    }
  }

  /// The page of the whole command, as the parser's own of each subcommand looks.
  private static func tellHelp(_ status: ExitStatus) -> Never {
    let whole = Reprise.configuration
    let rows = whole.subcommands.map { command in
      let name = command.configuration.commandName ?? ""
      return "  " + name + String(repeating: " ", count: 24 - name.count)
        + command.configuration.abstract
    }
    Output.standard.write(
      """
      OVERVIEW: \(whole.abstract)

      \(whole.discussion)

      USAGE: reprise <subcommand>

      OPTIONS:
        -h, --help              Show help information.

      SUBCOMMANDS:
      \(rows.joined(separator: "\n"))

        See 'reprise help <subcommand>' for detailed help.

      """)
    if let reason = Output.standard.failure { refuse(.output(reason: reason)) }
    leave(status)
  }

  private static func refuse(_ error: CommandError) -> Never {
    let style = Terminal.style(.error, color: .auto)
    Output.error.write(ErrorText(commands: Commands(), style: style).text(error))
    leave(ExitStatus(error))
  }

  /// Without the handlers of `exit`: libcrypto's would take its memory away while threads of the
  /// transports still end their sessions with it. Nothing waits in a buffer: `Output` has none.
  private static func leave(_ status: ExitStatus) -> Never { _exit(status.rawValue) }

  /// The first word, or the one after `help`, is no command.
  private static var misspelt: CommandError? {
    let names = Reprise.configuration.subcommands.compactMap { $0.configuration.commandName }
    var words = CommandLine.arguments.dropFirst()
    if words.first == "help" { words = words.dropFirst() }
    guard let word = words.first, !word.hasPrefix("-"), word != "help", !names.contains(word) else {
      return nil
    }
    return .usage(
      "reprise has no command `\(word)`",
      help: Suggestion.nearest(to: word, among: names).map { "did you mean `reprise \($0)`?" }
        ?? "usage: reprise COMMAND, one of " + Words.list(names, most: names.count))
  }

  @MainActor private static func status(of command: any Command) async -> ExitStatus {
    do throws(CommandError) {
      let status = try await command.execute()
      if type(of: command).onlyTells, let reason = Output.standard.failure {
        throw .output(reason: reason)
      }
      return status
    } catch {
      let text = ErrorText(commands: command.common.commands, style: command.common.errorStyle)
      Output.error.write(text.text(error))
      return ExitStatus(error)
    }
  }
}
