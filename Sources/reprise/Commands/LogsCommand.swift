import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise logs RUN [STEP[@HOST]]`
struct LogsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "What the actions of a run printed.",
    discussion: """
      reprise logs 7f3c                    everything, each line with its task
      reprise logs 7f3c install@db-1       one task: its standard output and standard error byte \
      for byte, on the same two streams (on a terminal, control characters are shown)
      reprise logs 7f3c --follow           go on until the run ends or stops
      reprise logs 7f3c --json | jq -j 'select(.stream == "error").text'
      """)

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String
  @Argument(help: ArgumentHelp("A task: STEP, STEP@HOST or STEP@HOST#BATCH.", valueName: "task"))
  var task: String?
  @Flag(name: .shortAndLong, help: "Wait for more while the run is driven.") var follow = false
  @Flag(help: "One JSON object a piece of output (docs/json.md).") var json = false
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let summary = try await runs.find(run)
    let state = try await runs.state(of: summary.id)
    var writer: any LogWriter
    // By the names that its steps had when they printed, and by those that they have now.
    var isWanted: @Sendable (TaskID) -> Bool = { _ in true }
    if let task {
      let name = TaskName(task)
      let names = state.stepNames
      if name.fitting(names.map { TaskID($0, host: name.host, batch: name.batch ?? []) }).isEmpty {
        throw .noSuchTask(task, run: summary.id, steps: names)
      }
      let newNames = Dictionary(state.originalNames.map { ($1, $0) }) { $1 }
      isWanted = { id in
        var now = id
        now.step = newNames[id.step] ?? id.step
        return [id, now].contains { name.means($0, among: names) }
      }
      let known = state.tasks.keys.filter(isWanted)
      if let host = name.host, state.binding.host(host) == nil {
        throw .noSuchTask(
          task, run: summary.id, steps: state.binding.hosts.map { "\(name.step)@\($0.name)" })
      }
      writer = known.count > 1 ? PrefixedLog(style: common.style) : TaskLog()
    } else {
      writer = PrefixedLog(style: common.style)
    }
    if json { writer = JSONLog(run: summary.id) }
    do throws(JournalError) {
      try await write(summary.id, runs, isWanted, to: &writer)
    } catch {
      throw .journal(error)
    }
    writer.end()
    return .done
  }

  @MainActor private func write(
    _ run: String, _ runs: StoredRuns, _ isWanted: @Sendable (TaskID) -> Bool,
    to writer: inout any LogWriter
  ) async throws(JournalError) {
    var tasks: [AttemptKey: (id: TaskID, attempt: Attempt)] = [:]
    func source(_ key: AttemptKey, _ stream: OutputStream) -> LogSource? {
      tasks[key].map { LogSource(task: $0.id, attempt: $0.attempt, stream: stream) }
    }
    var gaps = OutputGaps()
    var sequence = 0
    while Output.standard.isOpen {
      // Asked before the facts, so that what was written before the owner left is read.
      let isDriven = follow ? try await runs.history.summary(of: run).owner != nil : false
      let page = try await runs.history.facts(of: run, after: sequence, limit: 500)
      for stored in page {
        sequence = stored.sequence
        switch stored.fact.event {
        case .attemptStarted(let id, let attempt): tasks[attempt.key] = (id, attempt)
        case .outputReceived(let key, let stream, let generation, let offset, let length):
          guard let source = source(key, stream), isWanted(source.task) else { continue }
          gaps.close(key, stream) { writer.skip($0, $1, of: source) }
          var position = OutputPosition(generation: generation, offset: offset)
          while position.offset < offset + length, Output.standard.isOpen {
            let pieces = try await runs.history.outputPage(
              of: run, key: key, stream, from: position,
              limit: min(256 << 10, offset + length - position.offset))
            guard let last = pieces.last else { break }
            for case .bytes(let bytes, _) in pieces { writer.write(bytes, of: source) }
            position = last.end
          }
        case .outputSkipped(let key, let stream, _, _, let length, let reason):
          guard let source = source(key, stream), isWanted(source.task) else { continue }
          gaps.add(length, reason, key, stream) { writer.skip($0, $1, of: source) }
        case .exchangeEnded(let key, _, _):
          for source in OutputStream.allCases.compactMap({ source(key, $0) }) {
            gaps.close(key, source.stream) { writer.skip($0, $1, of: source) }
            writer.close(source)
          }
        default: break
        }
      }
      if page.isEmpty {
        guard isDriven else {
          return gaps.closeAll { key, stream, length, reason in
            if let source = source(key, stream) { writer.skip(length, reason, of: source) }
          }
        }
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }
}

/// Gaps that go on: events that follow each other are told as one.
struct OutputGaps {
  private struct Source: Hashable {
    var key: AttemptKey
    var stream: OutputStream
  }
  private var open: [Source: (length: Int, reason: SkipReason)] = [:]

  mutating func add(
    _ length: Int, _ reason: SkipReason, _ key: AttemptKey, _ stream: OutputStream,
    tell: (Int, SkipReason) -> Void
  ) {
    let source = Source(key: key, stream: stream)
    if let known = open[source], known.reason == reason {
      open[source] = (known.length + length, reason)
    } else {
      close(key, stream, tell: tell)
      open[source] = (length, reason)
    }
  }

  mutating func close(
    _ key: AttemptKey, _ stream: OutputStream, tell: (Int, SkipReason) -> Void
  ) {
    guard let gap = open.removeValue(forKey: Source(key: key, stream: stream)) else { return }
    tell(gap.length, gap.reason)
  }

  mutating func closeAll(tell: (AttemptKey, OutputStream, Int, SkipReason) -> Void) {
    for (source, gap) in open.sorted(by: { $0.key.key < $1.key.key }) {
      tell(source.key, source.stream, gap.length, gap.reason)
    }
    open = [:]
  }
}
