import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

extension StoredRuns {
  /// What the journal holds of failed and doubtful actions, for the last lines of a command.
  ///
  /// Best effort: a failure is told even where its output can't be read.
  func evidence(of state: RunState) async -> ClosingText.Evidence {
    var evidence = ClosingText.Evidence()
    let failed = state.tasks.values.filter(\.hasFailed)
      .sorted { ($0.endOrder ?? 0) < ($1.endOrder ?? 0) }
    for task in failed.prefix(32) {
      guard case .failed(.action)? = task.outcome else { continue }
      evidence.tails[task.id] = await lastLines(of: task, .forward, state)
    }
    for task in state.tasks.values.prefix(while: { _ in evidence.undoTails.count < 32 }) {
      guard case .ended(.failed(.action)) = task.undo else { continue }
      evidence.undoTails[task.id] = await lastLines(of: task, .rollback, state)
    }
    for (id, _) in state.doubts.prefix(32) {
      guard let key = state.tasks[id]?.attempts.last else { continue }
      evidence.lineCounts[id] = try? await countLines(of: key, state.runID)
    }
    return evidence
  }

  /// Of its last attempt for that purpose; nil where that printed nothing.
  private func lastLines(
    of task: TaskState, _ purpose: Attempt.Purpose, _ state: RunState
  ) async -> [String]? {
    guard let key = task.attempts.last(where: { state.attempts[$0]?.attempt.purpose == purpose })
    else { return nil }
    let lines = (try? await lastLines(of: key, state)) ?? []
    return lines.isEmpty ? nil : lines
  }

  /// The last three lines on standard error, or on standard output where there are none.
  private func lastLines(
    of key: AttemptKey, _ state: RunState
  ) async throws(JournalError) -> [String] {
    guard let attempt = state.attempts[key] else { return [] }
    for stream in [OutputStream.error, .output] {
      let known = attempt[stream]
      let start = OutputPosition(
        generation: known.generation, offset: max(0, known.offset - 4096))
      var bytes: [UInt8] = []
      for piece in try await history.outputPage(
        of: state.runID, key: key, stream, from: start, limit: 8192)
      {
        if case .bytes(let more, _) = piece { bytes += more }
      }
      let lines = bytes.split(separator: 0x0A).map { Printable.text(bytes: $0) }
        .filter { !$0.allSatisfy(\.isWhitespace) }
      if !lines.isEmpty { return lines.suffix(3).map { Printable.head(of: $0, width: 300) } }
    }
    return []
  }

  private func countLines(of key: AttemptKey, _ run: String) async throws(JournalError) -> Int {
    var count = 0
    for stream in OutputStream.allCases {
      for try await piece in history.output(of: run, key: key, stream) {
        if case .bytes(let bytes, _) = piece {
          count += bytes.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        }
      }
    }
    return count
  }
}
