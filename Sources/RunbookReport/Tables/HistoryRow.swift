import RunbookCore

/// One line of a run's history: an attempt, or something that happened to the run.
package struct HistoryRow: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// A task's attempt, or the end of one that needed none.
    case attempt
    case rollback
    /// What a person did or decided.
    case decision
    /// Something about the run, a scope, a step or a host.
    case event
  }
  package var time: Timestamp
  package var kind: Kind
  package var step: StepPath?
  package var host: String?
  package var batch: [Int] = []
  package var state: ShownState?
  /// Milliseconds.
  package var duration: Int?
  package var attempt: Int?
  package var status: Int?
  /// In words: why, or what was decided.
  package var note = ""
  package var by: String?

  init(_ time: Timestamp, _ kind: Kind, note: String = "", by: String? = nil) {
    self.time = time
    self.kind = kind
    self.note = note
    self.by = by
  }
}

/// Folds the facts of a run into rows, in the order in which things happened.
package struct HistoryRows {
  private struct Flight {
    var id: TaskID
    var attempt: Attempt
    var started: Timestamp
    var end: ExchangeEnd?
    var isInDoubt = false
    var answers: [ProbeAnswer] = []
    /// Bytes that it printed and that are not in the journal.
    var skipped: [SkipReason: Int] = [:]
  }
  package private(set) var rows: [HistoryRow] = []
  private var flights: [TaskID: Flight] = [:]
  private var keys: [AttemptKey: TaskID] = [:]

  package init() {}

  package init(_ facts: some Sequence<Fact>) {
    for fact in facts { take(fact) }
  }

  /// All rows, with those of attempts that are still in flight at the end.
  package var all: [HistoryRow] {
    let open = flights.values.filter { !$0.isInDoubt }.sorted { $0.started < $1.started }
    return rows
      + open.map { flight in
        row(flight.id, flight, .running, at: flight.started, note: "since then")
      }
  }

  package mutating func take(_ fact: Fact) {
    let time = fact.time
    switch fact.event {
    case .runStarted(let run):
      add(time, .event, "run begins", by: "\(run.operator)@\(run.machine)")
    case .ownerTook(let epoch, let process, let name):
      if epoch > 1 { add(time, .decision, "resumed (process \(process))", by: name) }
    case .ownerLeft(let reason): add(time, .event, "stopped: " + FailureWords.of(reason))
    case .runEnded(let outcome): add(time, .event, "run \(FailureWords.of(outcome))")
    case .cancelRequested(let by): add(time, .decision, "cancelled", by: by)
    case .hostLost(let host, let reason): add(time, host, FailureWords.lost(reason))
    case .hostGivenUp(let host, let reason, _): add(time, host, "can't be reached: \(reason)")
    case .scopeLeftOut(let scope): add(time, scope, .leftOut, "its condition is false")
    case .stepLeftOut(let step): add(time, step, .leftOut, "its condition is false")
    case .stepFailed(let step, let failure): add(time, step, .failed, FailureWords.of(failure))
    case .rollbackStarted(let scope): add(time, scope, nil, "rollback begins")
    case .rollbackEnded(let scope, let succeeded):
      add(
        time, scope, succeeded ? .rolledBack : .failed,
        succeeded ? "rollback done" : "rollback failed")
    case .attemptStarted(let id, let attempt):
      flights[id] = Flight(id: id, attempt: attempt, started: time)
      keys[attempt.key] = id
    case .exchangeEnded(let key, let end, _):
      if let id = keys[key] { flights[id]?.end = end }
    case .probeAnswered(let key, let answer, _):
      if let id = keys[key] { flights[id]?.answers.append(answer) }
    case .polled(let id, _, let answers): flights[id]?.answers += answers
    case .outputSkipped(let key, _, _, _, let length, let reason):
      if let id = keys[key] { flights[id]?.skipped[reason, default: 0] += length }
    case .retryScheduled(let id, _, let failure):
      close(id, .failed, at: time, words(failure, id) + "; tried again")
    case .taskEnded(let id, let outcome): close(id, outcome, at: time)
    case .rollbackTaskEnded(let id, let outcome):
      close(
        id, outcome.isGood ? .rolledBack : .failed, at: time, note(outcome, id), kind: .rollback)
    case .doubtRaised(let id, let doubt): raise(id, doubt, at: time)
    case .rechecked(let id, let end, let answers):
      if case .checkFailed(let check) = end.verdict {
        let words = FailureWords.of(.check(check), answers).replacing(
          "the check", with: "its check")
        decide(id, time, .event, "drifted: " + words)
      } else if end.verdict != .complete {
        decide(id, time, .event, "drifted: its check could not be asked")
      }
    case .confirmed(let id, let by): decide(id, time, .decision, "confirmed", by: by)
    case .denied(let id, let by): decide(id, time, .decision, "denied", by: by)
    case .doubtSettled(let id, let decision, let by):
      let words = decision == .accept ? "taken as done" : "to be started again"
      decide(id, time, .decision, words, by: by)
    case .taskReopened(let id, let by): decide(id, time, .decision, "tried again", by: by)
    case .driftIgnored(let by): add(time, .decision, "drift ignored", by: by)
    case .adopted(let adoption):
      for (old, new) in adoption.renamed.sorted(by: { $0.key < $1.key }) {
        add(time, Instance(old), nil, "goes on as \(new)")
      }
      add(time, .decision, "the edited runbook is adopted", by: adoption.by)
    case .hostUnlocked(let host, let problem):
      if let problem { add(time, host, "its locks could not be given back: \(problem)") }
    case .locksTaken, .hostLocked, .hostLockRefused, .hostGreeted, .scopeEntered, .stepStarted,
      .groupResolved, .batchesFixed, .fileFixed, .outputReceived, .outputSet, .outputHeld,
      .outputLost, .outputUnreadable, .secretsSealed:
      break
    }
  }

  private mutating func add(
    _ time: Timestamp, _ kind: HistoryRow.Kind, _ note: String, by: String? = nil
  ) {
    rows.append(HistoryRow(time, kind, note: note, by: by))
  }

  private mutating func add(_ time: Timestamp, _ host: String?, _ note: String) {
    var row = HistoryRow(time, .event, note: note)
    row.host = host
    rows.append(row)
  }

  private mutating func add(
    _ time: Timestamp, _ instance: Instance, _ state: ShownState?, _ note: String
  ) {
    var row = HistoryRow(time, .event, note: note)
    row.step = instance.path.isEmpty ? nil : instance.path
    row.batch = instance.batch
    row.state = state
    rows.append(row)
  }

  private mutating func decide(
    _ id: TaskID, _ time: Timestamp, _ kind: HistoryRow.Kind, _ note: String, by: String? = nil
  ) {
    var row = HistoryRow(time, kind, note: note, by: by)
    (row.step, row.host, row.batch) = (id.step, id.host, id.batch)
    rows.append(row)
  }

  private mutating func close(_ id: TaskID, _ outcome: TaskOutcome, at time: Timestamp) {
    switch outcome {
    case .done: close(id, .done, at: time, "")
    case .satisfied: close(id, .satisfied, at: time, note(outcome, id))
    case .failed: close(id, .failed, at: time, note(outcome, id))
    case .doneByCheck, .accepted: close(id, .done, at: time, note(outcome, id))
    }
  }

  private func words(_ failure: Failure, _ id: TaskID) -> String {
    FailureWords.of(failure, flights[id]?.answers ?? [])
  }

  private func note(_ outcome: TaskOutcome, _ id: TaskID) -> String {
    switch outcome {
    case .done: ""
    case .doneByCheck: "was in doubt; its check holds"
    case .accepted(let by): "was in doubt; taken as done by \(by)"
    case .satisfied: "was so already"
    case .failed(let failure): words(failure, id)
    }
  }

  private mutating func close(
    _ id: TaskID, _ state: ShownState, at time: Timestamp, _ note: String,
    kind: HistoryRow.Kind = .attempt
  ) {
    var row = row(id, flights.removeValue(forKey: id), state, at: time, note: note)
    if kind == .rollback { row.kind = kind }
    rows.append(row)
  }

  private mutating func raise(_ id: TaskID, _ doubt: Doubt, at time: Timestamp) {
    guard let flight = flights[id], !flight.isInDoubt else { return }
    flights[id]?.isInDoubt = true
    rows.append(row(id, flight, .inDoubt, at: time, note: FailureWords.of(doubt, host: id.host)))
  }

  private func row(
    _ id: TaskID, _ flight: Flight?, _ state: ShownState, at time: Timestamp, note: String
  ) -> HistoryRow {
    var row = HistoryRow(time, flight?.attempt.purpose == .rollback ? .rollback : .attempt)
    (row.step, row.host, row.batch, row.state) = (id.step, id.host, id.batch, state)
    row.note = note
    if let flight {
      for (reason, length) in flight.skipped.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        row.note += (row.note.isEmpty ? "" : "; ") + Words.skipped(length, reason)
      }
      row.attempt = flight.attempt.number
      row.status = flight.end?.status
      if state != .running {
        row.duration = time.milliseconds - flight.started.milliseconds
      }
    }
    return row
  }
}
