import ArgumentParser
import RunbookLanguage
import RunbookReport

/// `reprise format FILE…`
struct FormatCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "format", abstract: "Write runbooks the one way that everybody writes them.",
    discussion: """
      reprise format runbooks/hello.runbook
      reprise format                             every runbook, part and the site's
      reprise format --check                     change nothing; 1 where something would change
      cat hello.runbook | reprise format -

      Code and comments keep every byte but their indentation; what a runbook does never changes.
      """)

  static let onlyTells = false

  @Argument(help: ArgumentHelp("Files, or - for standard input.", valueName: "file"))
  var files: [String] = []
  @Flag(help: "Only name the files that would change.") var check = false
  @OptionGroup var place: RunbookOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    var status = ExitStatus.done
    for path in files.isEmpty ? all : files {
      let source = try TextFile.read(path == "-" ? "/dev/stdin" : path)
      let (text, mistakes) = Formatter.format(source)
      guard let text else {
        Output.error.write(
          DiagnosticRenderer.render(mistakes, color: common.errorStyle.isColored) + "\n")
        status = .runbook
        continue
      }
      let isSame = Array(text.utf8) == source.bytes
      if path == "-" {
        if !check { Output.standard.write(text) }
      } else if !isSame {
        if !check { try TextFile.write(text, to: path) }
        Output.standard.write((check ? "would change " : "formatted ") + path + "\n")
      }
      if check, !isSame, status == .done { status = .failed }
    }
    return status
  }

  /// Everything of the runbooks directory, its parts too.
  private var all: [String] {
    let parts = Path.join(place.directory, "parts")
    return [place.directory, parts].flatMap { directory in
      TextFile.runbooks(in: directory).map { Path.join(directory, $0 + ".runbook") }
    }
  }
}
