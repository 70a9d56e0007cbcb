import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// The runs of a state directory as commands read them.
@MainActor struct StoredRuns {
  let history: RunHistory

  /// - Throws: `noRuns` where there is no state yet.
  static func open(_ directory: String) async throws(CommandError) -> StoredRuns {
    do throws(JournalError) {
      return StoredRuns(history: try await RunHistory.open(directory: directory))
    } catch {
      if case .notFound = error { throw .noRuns(directory: directory) }
      throw .journal(error)
    }
  }

  /// The run that a person means; left out, the newest that can be resumed, else the newest.
  func find(_ name: String?) async throws(CommandError) -> RunSummary {
    do throws(JournalError) {
      return try await history.find(name)
    } catch {
      guard name == nil, case .noSuchRun = error, let newest = try await all(limit: 1).first else {
        throw .journal(error)
      }
      return newest
    }
  }

  func all(limit: Int = 1000) async throws(CommandError) -> [RunSummary] {
    do throws(JournalError) {
      return try await history.runs(limit: limit)
    } catch {
      throw .journal(error)
    }
  }

  /// The fold over everything that a run's journal has.
  func state(of run: String) async throws(CommandError) -> RunState {
    do throws(JournalError) {
      let source = try await history.source(of: run)
      var state = RunState(plan: source.plan, binding: source.binding)
      try await forEachFact(of: run) { state.apply($0.fact) }
      return state
    } catch {
      throw .journal(error)
    }
  }

  /// A run in one line; of one that is not over, with what only its events tell.
  func row(_ run: RunSummary) async throws(CommandError) -> RunRow {
    var row = RunRow(run)
    if run.isOver || run.eventCount > Self.mostEvents { return row }
    let state = try await state(of: run.id)
    row.isWaiting = run.owner != nil && !state.waitingForPerson.isEmpty
    row.isRollingBack = state.isRollingBack
    if state.isDeadEnd { row.isResumable = false }
    return row
  }

  /// A run with more events is not read only to say it better.
  private static let mostEvents = 100_000

  /// The facts of a run in order, read in pages.
  ///
  /// - Returns: the number of the last one.
  @discardableResult
  func forEachFact(
    of run: String, after start: Int = 0, _ body: (StoredFact) throws(JournalError) -> Void
  ) async throws(JournalError) -> Int {
    var sequence = start
    while true {
      let page = try await history.facts(of: run, after: sequence, limit: 1000)
      for fact in page { try body(fact) }
      guard let last = page.last else { return sequence }
      sequence = last.sequence
    }
  }
}

extension RunRow {
  init(_ run: RunSummary) {
    let state: State =
      switch run.state {
      case .running:
        .running(process: run.owner?.process ?? 0, isStopped: run.owner?.isStopped ?? false)
      case .interrupted: .interrupted
      case .stopped(let reason): .stopped(reason)
      case .ended(let outcome): .ended(outcome)
      }
    self.init(
      id: run.id, runbook: run.runbook, title: run.title, state: state, started: run.started,
      last: run.ended ?? run.lastEvent, by: "\(run.operator)@\(run.machine)", hosts: run.hostCount,
      isResumable: run.isResumable)
  }
}
