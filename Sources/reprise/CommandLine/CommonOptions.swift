import ArgumentParser
import RunbookReport

/// `--color`
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(
    name: .customLong("state"),
    help: ArgumentHelp(
      "Where runs are kept (default: $REPRISE_STATE, else state).", valueName: "dir"))
  var stateOption: String?

  @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"))
  var color: ColorChoice = .auto

  /// The directory of the SQLite file.
  var state: String { stateOption ?? Terminal.environment("REPRISE_STATE") ?? "state" }

  var style: Style { Terminal.style(.standard, color: color) }
  var errorStyle: Style { Terminal.style(.error, color: color) }

  /// Where rows of tables are cut: a pipe gets them whole.
  var tableWidth: Int? {
    Terminal.isTerminal(.standard) ? Terminal.size(.standard).width : nil
  }

  /// What a person is told to type, with `--state` where it was given.
  var commands: Commands { Commands(stateFlags: stateFlags) }
  var stateFlags: [String] { stateOption.map { ["--state", $0] } ?? [] }
}

/// Where runbooks are.
struct RunbookOptions: ParsableArguments {
  @Option(
    name: .customLong("runbooks"),
    help: ArgumentHelp("The directory of the runbooks.", valueName: "dir"))
  var directory: String = "runbooks"
}
