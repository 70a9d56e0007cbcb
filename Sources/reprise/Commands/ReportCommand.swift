import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `--format` of `report`
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case markdown, html, json
}

extension ReportWords.Language: ExpressibleByArgument {}

/// `reprise report RUN`
struct ReportCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "A run as a document to file or to send.",
    discussion: """
      reprise report 7f3c                                       Markdown
      reprise report 7f3c --format html -o incident.html        one page that fetches nothing
      reprise report 7f3c --language fr

      The chain of the run's events is followed to its head, which the report names: a journal that \
      was changed afterwards is refused with 73.
      """)

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String
  @Option(help: ArgumentHelp("markdown, html or json (docs/json.md).", valueName: "format"))
  var format: ReportFormat = .markdown
  @Option(
    help: ArgumentHelp(
      "en or fr (default: that of the runbook's own report, else en).", valueName: "language"))
  var language: ReportWords.Language?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A file to write instead of standard output.", valueName: "file"))
  var output: String?
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    var document = try await document(of: summary.id, runs)
    document.isInterrupted = summary.state == .interrupted
    let declared = try await runs.state(of: summary.id).plan.reports.first?.language
    let words = ReportWords(
      language ?? declared.flatMap { ReportWords.Language(rawValue: $0) } ?? .en)
    let text: String
    switch format {
    case .markdown: text = MarkdownReport.render(document, words, time: SessionReporter.local)
    case .html: text = HTMLReport.render(document, words, time: SessionReporter.local)
    case .json: text = JSONReport.render(document, words)
    }
    guard let output else {
      Output.standard.write(text)
      return .done
    }
    try TextFile.write(text, to: output)
    return .done
  }

  /// The fold over the run's events, whose chain is intact up to the last of them.
  @MainActor private func document(
    of run: String, _ runs: StoredRuns
  ) async throws(CommandError) -> RunDocument {
    var facts: [Fact] = []
    let verdict: ChainVerdict
    let source: RunSource
    do throws(JournalError) {
      source = try await runs.history.source(of: run)
      verdict = try await runs.history.verify(run)
      try await runs.forEachFact(of: run) { facts.append($0.fact) }
    } catch {
      throw .journal(error)
    }
    switch verdict {
    case .broken(let breach):
      throw .journal(.damaged(path: common.state, detail: breach.detail(run)))
    case .intact(let events, let head):
      var state = RunState(plan: source.plan, binding: source.binding)
      // What a run that is being driven appended since is left to the next report.
      let proven = Array(facts.prefix(events))
      for fact in proven { state.apply(fact) }
      return RunDocument(state, facts: proven, chainHead: Self.hexadecimal(head))
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
