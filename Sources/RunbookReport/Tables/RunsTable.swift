import RunbookCore

/// A run in one line.
package struct RunRow: Hashable, Sendable {
  package enum State: Hashable, Sendable {
    /// Its owner is at it; true: stopped, by Ctrl-Z say.
    case running(process: Int, isStopped: Bool)
    case interrupted
    case stopped(StopReason)
    case ended(RunOutcome)
  }
  package var id: String
  package var runbook: String
  package var title: String?
  package var state: State
  package var started: Timestamp
  /// Its end, or its newest event.
  package var last: Timestamp
  package var by: String
  package var hosts: Int
  package var isResumable: Bool
  /// A process drives it, and it waits for what a person says.
  package var isWaiting = false
  /// It was at undoing what it had changed.
  package var isRollingBack = false

  package init(
    id: String, runbook: String, title: String?, state: State, started: Timestamp, last: Timestamp,
    by: String, hosts: Int, isResumable: Bool
  ) {
    self.id = id
    self.runbook = runbook
    self.title = title
    self.state = state
    self.started = started
    self.last = last
    self.by = by
    self.hosts = hosts
    self.isResumable = isResumable
  }

  package var shown: ShownState {
    switch state {
    case .running: isWaiting ? .waiting : .running
    case .interrupted, .stopped(.detached), .stopped(.superseded): .unwatched
    case .stopped(.inDoubt): .inDoubt
    case .stopped(.waitingForPerson): .waiting
    case .stopped(.denied), .stopped(.drifted), .stopped(.hostUnreachable),
      .stopped(.stateUnusable), .stopped(.lockHeld):
      .failed
    case .ended(.succeeded): .done
    case .ended(.rolledBack): .rolledBack
    case .ended(.failed), .ended(.cancelled), .ended(.rollbackFailed): .failed
    }
  }

  package var word: String {
    switch state {
    case .running(let process, true): "running, but process \(process) is stopped"
    case .running(let process, false):
      (isWaiting ? "waits for a person" : isRollingBack ? "rolling back" : "running")
        + " (process \(process))"
    case .interrupted: isRollingBack ? "rollback interrupted" : "interrupted"
    case .stopped(let reason):
      isRollingBack ? "rollback " + FailureWords.of(reason) : FailureWords.of(reason)
    case .ended(let outcome): FailureWords.of(outcome)
    }
  }
}

/// `runs`: newest first.
package enum RunsTable {
  package static func lines(_ rows: [RunRow], now: Timestamp, clock: ClockText) -> [Line] {
    var table = TextTable(
      header: ["run", "runbook", "state", "when", "took", "by", "hosts", "title"],
      rightAligned: [4, 6])
    for row in rows {
      var state = Line()
      state.append(row.shown.glyph)
      state.append(" " + row.word)
      var end = row.last
      if case .running = row.state { end = now }
      table.add([
        Line(row.id, .strong), Line(row.runbook), state, Line(clock.dateAndMinute(row.started)),
        Line(DurationText.of(end.milliseconds - row.started.milliseconds)), Line(row.by),
        Line(row.hosts == 0 ? "" : String(row.hosts)), Line(row.title ?? ""),
      ])
    }
    return table.lines
  }

  /// One object a line; the fields are described in `docs/json.md`.
  package static func json(_ row: RunRow) -> String {
    var json = JSONObject()
    json["run"] = .string(row.id)
    json["runbook"] = .string(row.runbook)
    json["title"] = row.title.map { .string($0) }
    switch row.state {
    case .running(let process, let isStopped):
      json["state"] = .string("running")
      json["process"] = .int(process)
      json["isStopped"] = .bool(isStopped)
    case .interrupted: json["state"] = .string("interrupted")
    case .stopped(let reason):
      json["state"] = .string("stopped")
      json["reason"] = .string(FailureWords.of(reason))
    case .ended(let outcome): json["state"] = .string(outcome.rawValue)
    }
    json["started"] = .string(row.started.rfc3339)
    json["last"] = .string(row.last.rfc3339)
    json["by"] = .string(row.by)
    json["hosts"] = .int(row.hosts)
    json["isResumable"] = .bool(row.isResumable)
    if row.isWaiting { json["isWaiting"] = .bool(true) }
    if row.isRollingBack { json["isRollingBack"] = .bool(true) }
    return json.text
  }
}
