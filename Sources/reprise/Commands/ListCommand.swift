import ArgumentParser
import RunbookCore
import RunbookLanguage
import RunbookReport

/// `reprise list`
struct ListCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List runbooks with their titles and inputs.",
    discussion: """
      reprise list
      reprise list --runbooks /opt/runbooks
      """)

  @Flag(help: "One JSON object a line (docs/json.md).") var json = false
  @OptionGroup var place: RunbookOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let directory = RunbookDirectory(path: place.directory)
    let names = directory.names
    if names.isEmpty, !json {
      Output.error.write(
        "There are no runbooks in \(place.directory); --runbooks DIR says where they are.\n")
    }
    var shared: [InputDeclaration] = []
    for name in names where Output.standard.isOpen {
      let file = Path.join(place.directory, name + ".runbook")
      let result = try directory.compile(file)
      if json {
        Output.standard.write(RunbookList.json(name, file, result) + "\n")
      } else {
        Output.standard.write(
          RunbookList.lines(name, file, result, column: names.map(\.count).max() ?? 0)
            .rendered(common.style))
        for input in RunbookList.shared(result, file)
        where !shared.contains(where: { $0.name == input.name }) {
          shared.append(input)
        }
      }
    }
    if !shared.isEmpty {
      Output.standard.write(RunbookList.lines(ofSite: shared).rendered(common.style))
    }
    return .done
  }
}

/// A runbook as `list` tells of it.
private enum RunbookList {
  static func lines(
    _ name: String, _ file: String, _ result: Compiler.Result, column: Int
  ) -> [Line] {
    var head = Line(name, .strong)
    head.pad(to: column + 2, gap: 2)
    guard let plan = result.plan else {
      let count = result.diagnostics.count(where: \.isError)
      head.append("has \(Words.count(count, "mistake")): reprise check \(file)", .bad)
      return [head]
    }
    head.append(plan.title ?? firstLine(plan.documentation))
    return [head]
      + plan.inputs.filter { isOwn($0, file) }.map { line($0, column: column + 2) }
  }

  /// Inputs of the site are the same for every runbook: they are told once, at the end.
  static func shared(_ result: Compiler.Result, _ file: String) -> [InputDeclaration] {
    (result.plan?.inputs ?? []).filter { !isOwn($0, file) }
  }

  static func lines(ofSite inputs: [InputDeclaration]) -> [Line] {
    ["", "Every runbook that uses them takes the inputs of the site, too:"]
      + inputs.sorted { $0.name < $1.name }.map { line($0, column: 2) }
  }

  private static func isOwn(_ input: InputDeclaration, _ file: String) -> Bool {
    input.origin.file == file || input.defaultValue == nil
  }

  private static func line(_ input: InputDeclaration, column: Int) -> Line {
    var line = Line(String(repeating: " ", count: column))
    let value = input.defaultValue.map(text) ?? input.type.rawValue.uppercased()
    line.append("--input \(input.name)=" + Commands.quoted(value), .active)
    if input.defaultValue == nil { line.append("  must be given", .attention) }
    let words = firstLine(input.documentation)
    if !words.isEmpty { line.append("  " + words, .quiet) }
    return line
  }

  static func json(_ name: String, _ file: String, _ result: Compiler.Result) -> String {
    var json = JSONObject()
    json["runbook"] = .string(name)
    json["file"] = .string(file)
    json["title"] = result.plan?.title.map { .string($0) }
    json["documentation"] = result.plan.map { .string($0.documentation) }
    json["mistakes"] = .int(result.diagnostics.count(where: \.isError))
    json["inputs"] = .array(
      (result.plan?.inputs ?? []).map { input in
        var object = JSONObject()
        object["name"] = .string(input.name)
        object["type"] = .string(input.type.rawValue)
        object["default"] = input.defaultValue.map { .string(text($0)) }
        object["documentation"] = .string(input.documentation)
        return .object(object)
      })
    return json.text
  }

  /// As a person would write it behind `--input`.
  private static func text(_ value: Value) -> String {
    switch value {
    case .duration(let milliseconds): DurationText.written(milliseconds)
    case .string, .int, .bool: value.environmentText
    }
  }

  private static func firstLine(_ text: String) -> String {
    text.split(separator: "\n").first.map(String.init) ?? ""
  }
}
