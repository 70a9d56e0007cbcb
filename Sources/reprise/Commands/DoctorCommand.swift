import ArgumentParser
import RunbookReport

/// `reprise doctor`
struct DoctorCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "What this machine has, and whether the state is whole.",
    discussion: """
      reprise doctor
      reprise doctor --state /var/lib/reprise

      Nothing is changed and no host is asked. Ends with 73 where the state is damaged (every event \
      of every run is read and compared with its hash), with 1 where something else is missing that \
      runs need.
      """)

  @Flag(help: "One JSON object a finding (docs/json.md).") var json = false
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    var findings = MachineHealth.findings
    findings += await StateHealth(directory: common.state).findings
    for finding in findings { write(finding) }
    if findings.contains(where: { $0.area == .state && $0.grade == .bad }) { return .state }
    return findings.contains { $0.grade == .bad } ? .failed : .done
  }

  @MainActor private func write(_ finding: Finding) {
    if json {
      var object = JSONObject()
      object["area"] = .string(finding.area.rawValue)
      object["grade"] = .string(finding.grade.rawValue)
      object["text"] = .string(finding.text)
      object["help"] = finding.help.map { .string($0) }
      Output.standard.write(object.text + "\n")
      return
    }
    var line = Line()
    switch finding.grade {
    case .good: line.append(ShownState.done.glyph)
    case .note: line.append(ShownState.toCome.glyph)
    case .bad: line.append(ShownState.failed.glyph)
    }
    line.append(" " + finding.area.rawValue, .strong)
    line.pad(to: 12, gap: 2)
    line.append(finding.text)
    var lines = [line]
    if let help = finding.help {
      var more = Line()
      more.pad(to: 12)
      more.append(help, .quiet)
      lines.append(more)
    }
    Output.standard.write(lines.rendered(common.style))
  }
}

/// One thing that `doctor` looked at.
struct Finding {
  enum Area: String { case shell, ssh, agent, keys, hosts, graphs, disk, state }
  enum Grade: String { case good, note, bad }
  var area: Area
  var grade: Grade
  var text: String
  /// What to do.
  var help: String?
}
