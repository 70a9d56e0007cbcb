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
    for name in names where Output.standard.isOpen {
      let file = Path.join(place.directory, name + ".runbook")
      let result = try directory.compile(file)
      if json {
        Output.standard.write(RunbookList.json(name, file, result) + "\n")
      } else {
        Output.standard.write(
          RunbookList.lines(name, file, result, column: names.map(\.count).max() ?? 0)
            .rendered(common.style))
      }
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
    var lines = [head]
    // Inputs of the site are the same for every runbook: their names are enough here.
    let own = plan.inputs.filter { $0.origin.file == file || $0.defaultValue == nil }
    for input in own {
      var line = Line(String(repeating: " ", count: column + 2))
      line.append("--input \(input.name)=", .active)
      line.append(input.defaultValue.map(text) ?? input.type.rawValue.uppercased(), .active)
      if input.defaultValue == nil { line.append("  must be given", .attention) }
      let words = firstLine(input.documentation)
      if !words.isEmpty { line.append("  " + words, .quiet) }
      lines.append(line)
    }
    let shared = plan.inputs.filter { input in !own.contains { $0.name == input.name } }
    if !shared.isEmpty {
      let names = Words.list(shared.map(\.name), most: 12)
      lines.append(
        Line(String(repeating: " ", count: column + 2) + "of the site: " + names, .quiet))
    }
    return lines
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
