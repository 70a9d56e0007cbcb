import ArgumentParser
import RunbookCore
import RunbookLanguage
import RunbookReport

/// `reprise check FILE…`
struct CheckCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Find every mistake before anything runs.",
    discussion: """
      reprise check runbooks/hello.runbook
      reprise check                              every runbook of the directory
      reprise check --explain R109               more about a kind of mistake
      """)

  @Argument(help: ArgumentHelp("Files, or names of runbooks.", valueName: "file"))
  var files: [String] = []
  @Option(help: ArgumentHelp("Instead of the declared inventory.", valueName: "file"))
  var inventory: String?
  @Flag(help: "One JSON object for each mistake (docs/json.md).") var json = false
  @Option(help: ArgumentHelp("Tell more about a code, such as R109.", valueName: "code"))
  var explain: String?
  @OptionGroup var place: RunbookOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    if let explain { return try tell(explain) }
    let names = files.isEmpty ? RunbookDirectory(path: place.directory).names : files
    if names.isEmpty {
      throw .noSuchRunbook("*", directory: place.directory, known: [])
    }
    var status = ExitStatus.done
    var unread: [(inventory: String, reason: String, files: [String])] = []
    for name in names {
      let (directory, file) = try RunbookDirectory.find(name, in: place.directory)
      let result = try directory.compile(file)
      let diagnostics =
        result.diagnostics
        + (try inventoryMistakes(result) { path, reason in
          if let known = unread.firstIndex(where: { $0.inventory == path }) {
            unread[known].files.append(file)
          } else {
            unread.append((path, reason, [file]))
          }
        })
      if diagnostics.contains(where: \.isError) { status = .runbook }
      write(diagnostics, file)
    }
    for (inventory, reason, files) in unread {
      Output.error.write(
        "groups of \(Words.list(files)) are not checked: \(inventory) can't be read: \(reason)\n")
    }
    return status
  }

  @MainActor private func tell(_ text: String) throws(CommandError) -> ExitStatus {
    guard let code = DiagnosticCode.named(text) else {
      let known = DiagnosticCode.allCases.map(\.rawValue)
      throw .usage(
        "no kind of mistake has the code `\(text)`",
        help: Suggestion.nearest(to: text.uppercased(), among: known).map {
          "did you mean `\($0)`?"
        }
          ?? "a code is what stands in brackets, such as R109 in error[R109]")
    }
    Output.standard.write(code.rawValue + "\n\n" + Words.wrapped(code.explanation) + "\n")
    return .done
  }

  /// Where the inventory can't be read, that is said, and the rest is checked all the same: the
  /// hosts need not be known where a runbook is written.
  @MainActor private func inventoryMistakes(
    _ result: Compiler.Result, unread: (_ path: String, _ reason: String) -> Void
  ) throws(CommandError) -> [Diagnostic] {
    guard let plan = result.draft else { return [] }
    let found: Inventory?
    let mistakes: [Diagnostic]
    do throws(CommandError) {
      (found, mistakes) = try RunbookDirectory.inventory(
        of: plan, sources: result.sources, override: inventory)
    } catch {
      guard inventory == nil, case .unreadable(let path, let reason, _) = error else { throw error }
      unread(path, reason)
      return []
    }
    if mistakes.contains(where: \.isError) { return mistakes }
    return mistakes + Binder.examine(result, inventory: found)
  }

  @MainActor private func write(_ diagnostics: [Diagnostic], _ file: String) {
    if json {
      for diagnostic in diagnostics { Output.standard.write(Self.json(diagnostic) + "\n") }
      return
    }
    if diagnostics.isEmpty {
      var line = Line()
      line.append(ShownState.done.glyph)
      line.append(" \(file): no mistakes")
      Output.standard.write([line].rendered(common.style))
    } else {
      Output.standard.write(
        DiagnosticRenderer.render(diagnostics, color: common.style.isColored) + "\n")
    }
  }

  private static func json(_ diagnostic: Diagnostic) -> String {
    var json = JSONObject()
    json["severity"] = .string(diagnostic.severity.rawValue)
    json["code"] = .string(diagnostic.code.rawValue)
    json["summary"] = .string(diagnostic.summary)
    if let origin = diagnostic.origin {
      json["file"] = .string(origin.file)
      json["line"] = .int(origin.line)
      json["column"] = .int(origin.column)
    }
    json["help"] = diagnostic.help.map { .string($0) }
    return json.text
  }
}
