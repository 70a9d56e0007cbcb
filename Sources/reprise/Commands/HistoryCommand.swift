import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookLanguage
import RunbookReport

/// `reprise history [RUN]`
struct HistoryCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "What happened in a run, from its beginning.",
    discussion: """
      reprise history                        of the newest run that can be resumed, else the newest
      reprise history hello --step greet     of the latest run of hello, one step
      reprise history 7f3c --events --json   every event as it stands in the journal
      """)

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String?
  @Option(help: ArgumentHelp("Only this step, by its name or path.", valueName: "step"))
  var step: String?
  @Option(help: ArgumentHelp("Only this host.", valueName: "host")) var host: String?
  @Flag(help: "Every event of the journal.") var events = false
  @Flag(help: "One JSON object a line (docs/json.md).") var json = false
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    if step != nil || host != nil { try checkFilter(try await runs.state(of: summary.id)) }
    do throws(JournalError) {
      if events {
        try await writeEvents(of: summary.id, runs)
      } else {
        try await writeRows(of: summary, runs)
      }
    } catch {
      throw .journal(error)
    }
    return .done
  }

  /// A filter that can't let anything through is a mistake.
  private func checkFilter(_ state: RunState) throws(CommandError) {
    let steps = state.stepNames
    if let step, !steps.contains(where: { TaskName(step).fits(TaskID($0)) }) {
      throw .noSuchTask(step, run: state.runID, steps: steps)
    }
    let hosts = state.binding.hosts.map(\.name) + state.hosts.keys.compactMap { $0 }
    if let host, !hosts.contains(host) {
      throw .usage(
        "run \(state.runID) knows no host `\(host)`",
        help: Suggestion.nearest(to: host, among: hosts).map { "did you mean `\($0)`?" }
          ?? (hosts.isEmpty ? "it has no hosts" : "it knows " + Words.list(hosts, most: 8)))
    }
  }

  @MainActor private func writeEvents(
    of run: String, _ runs: StoredRuns
  ) async throws(JournalError) {
    var filter = EventFilter(step: step, host: host)
    try await runs.forEachFact(of: run) { stored in
      guard Output.standard.isOpen, filter.wants(stored.fact.event) else { return }
      if json {
        Output.standard.write(
          EventCoding.line(run: run, sequence: stored.sequence, stored.fact) + [0x0A])
      } else {
        Output.standard.write([Self.line(of: stored)].rendered(common.style))
      }
    }
  }

  /// `  14  22:42:20  attemptStarted  "task":{…},"attempt":{…}`
  private static func line(of stored: StoredFact) -> Line {
    // The journal's own words: an object whose first field is the event's name.
    let text = String(decoding: EventCoding.encode(stored.fact.event), as: UTF8.self)
    let parts = text.dropFirst().dropLast().split(separator: ",", maxSplits: 1)
    let name = parts.first?.split(separator: "\"").last ?? ""
    let number = String(stored.sequence)
    var line = Line(String(repeating: " ", count: max(0, 6 - number.count)) + number, .quiet)
    line.append("  " + ClockText.local.time(stored.fact.time) + "  ", .quiet)
    line.append(String(name), .strong)
    if parts.count > 1 { line.append("  " + parts[1]) }
    return line
  }

  @MainActor private func writeRows(
    of summary: RunSummary, _ runs: StoredRuns
  ) async throws(JournalError) {
    var fold = HistoryRows()
    try await runs.forEachFact(of: summary.id) { fold.take($0.fact) }
    let rows = fold.all.filter { row in
      if let step, !(row.step.map { TaskName(step).fits(TaskID($0)) } ?? false) { return false }
      if let host, row.host != host { return false }
      return true
    }
    if json {
      for row in rows where Output.standard.isOpen {
        Output.standard.write(HistoryTable.json(row, run: summary.id) + "\n")
      }
      return
    }
    let run = RunRow(summary)
    var head = Line(summary.title ?? summary.runbook, .strong)
    head.append(" · run \(summary.id) · ")
    head.append(run.shown.glyph)
    head.append(
      " \(run.word) · \(ClockText.local.dateAndTime(summary.started)) · by \(run.by)")
    let lines = [head] + HistoryTable.lines(rows, clock: .local)
    Output.standard.write(lines.rendered(common.style, width: common.tableWidth))
  }
}

/// Which events are about a step or a host.
private struct EventFilter {
  let step: String?
  let host: String?
  private var tasks: [AttemptKey: TaskID] = [:]

  init(step: String?, host: String?) {
    self.step = step
    self.host = host
  }

  mutating func wants(_ event: Event) -> Bool {
    if case .attemptStarted(let id, let attempt) = event { tasks[attempt.key] = id }
    if step == nil, host == nil { return true }
    let subject = subject(of: event)
    if let step {
      guard let path = subject.step, TaskName(step).fits(TaskID(path)) else { return false }
    }
    return host == nil || subject.host == host
  }

  private func subject(of event: Event) -> (step: StepPath?, host: String?) {
    switch event {
    case .attemptStarted(let id, _), .polled(let id, _, _), .retryScheduled(let id, _, _),
      .outputSet(let id, _, _), .outputUnreadable(let id, _, _),
      .outputHeld(let id, _), .outputLost(let id, _, _), .taskEnded(let id, _),
      .rollbackTaskEnded(let id, _), .doubtRaised(let id, _), .rechecked(let id, _, _),
      .confirmed(let id, _), .denied(let id, _), .doubtSettled(let id, _, _),
      .taskReopened(let id, _):
      return (id.step, id.host)
    case .outputReceived(let key, _, _, _, _), .outputSkipped(let key, _, _, _, _, _),
      .probeAnswered(let key, _, _), .exchangeEnded(let key, _, _), .secretsSealed(let key, _):
      return (tasks[key]?.step, tasks[key]?.host)
    case .stepLeftOut(let step), .stepStarted(let step, _), .stepFailed(let step, _):
      return (step.path, nil)
    case .fileFixed(let step, _, _): return (step, nil)
    case .hostGreeted(let host, _, _, _), .hostLost(let host, _), .hostGivenUp(let host, _, _):
      return (nil, host)
    case .hostLocked(let host), .hostUnlocked(let host, _), .hostLockRefused(let host, _):
      return (nil, host)
    case .runStarted, .ownerTook, .ownerLeft, .runEnded, .cancelRequested, .locksTaken,
      .scopeEntered, .scopeLeftOut, .groupResolved, .batchesFixed, .rollbackStarted,
      .rollbackEnded, .driftIgnored, .adopted:
      return (nil, nil)
    }
  }
}
