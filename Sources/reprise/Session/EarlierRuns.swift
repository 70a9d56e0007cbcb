import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// What is known of earlier runs of a runbook when one begins or goes on. Best effort: a run never
/// fails because its past can't be read.
@MainActor struct EarlierRuns {
  /// The latest one.
  var last: RunSummary?
  /// Milliseconds that each step took in the latest one that was done, else in the latest.
  var lengths: [StepPath: Int] = [:]

  /// A run with more events is not read only to tell how long its steps took.
  private static let mostEvents = 100_000

  /// - Parameter run: one that is not looked at: the one that goes on.
  static func of(
    _ runbook: String, in state: String, but run: String? = nil
  ) async -> EarlierRuns {
    var result = EarlierRuns()
    guard let runs = try? await StoredRuns.open(state), let all = try? await runs.all() else {
      return result
    }
    let own = all.filter { $0.runbook == runbook && $0.id != run }
    result.last = own.first
    if let last = own.first, last.state == .ended(.failed),
      (try? await runs.state(of: last.id))?.isDeadEnd ?? false
    {
      result.last = nil
    }
    let model = own.first { $0.state == .ended(.succeeded) } ?? own.first
    guard let model, model.eventCount <= mostEvents else { return result }
    var facts: [Fact] = []
    _ = try? await runs.forEachFact(of: model.id) { facts.append($0.fact) }
    result.lengths = Fleeting.lengths(of: facts)
    return result
  }

  /// Said first where the last run is not over.
  func notice(_ commands: Commands) -> [Line] {
    guard let last, !last.isOver else { return [] }
    let row = RunRow(last)
    var line = Line("The last run of \(last.runbook), ")
    line.append(last.id, .strong)
    line.append(" (\(row.word), \(ClockText.local.dateAndMinute(last.started))), ")
    line.append(last.isResumable ? "can be resumed:  " : "is not over:  ")
    return line.ending(
      with: last.isResumable ? commands.resume(last.id) : commands.show(last.id))
  }
}
