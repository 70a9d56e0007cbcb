import RunbookCore

/// The history of a run as a table: what happened, when, where, for how long.
package enum HistoryTable {
  package static func lines(_ rows: [HistoryRow], clock: ClockText) -> [Line] {
    var table = TextTable(
      header: ["time", "step", "host", "state", "took", "attempt", "exit", ""],
      rightAligned: [4, 5, 6])
    var day: String?
    for row in rows {
      let date = String(clock.dateAndTime(row.time).prefix(10))
      if date != day, day != nil { table.add([Line(date, .quiet)]) }
      day = date
      table.add(cells(row, clock))
    }
    return table.lines
  }

  private static func cells(_ row: HistoryRow, _ clock: ClockText) -> [Line] {
    var state = Line()
    if let shown = row.state {
      state.append(shown.glyph)
      let undo = shown == .rolledBack ? "undone" : "rollback " + shown.word
      state.append(" " + (row.kind == .rollback ? undo : shown.word))
    }
    var note = Line(row.note)
    if let by = row.by { note.append((row.note.isEmpty ? "by " : ", by ") + by, .strong) }
    let batch = row.batch.isEmpty ? "" : "#" + row.batch.map(String.init).joined(separator: ".")
    let step = Line((row.step ?? "") + batch)
    // What a person decided, or befell the run, has no state: its words stand where there is room.
    if row.state == nil, row.duration == nil, row.attempt == nil, row.status == nil {
      let place = row.host.map { [step, Line($0)] } ?? (row.step == nil ? [] : [step])
      return [Line(clock.time(row.time), .quiet)] + place + [note]
    }
    return [
      Line(clock.time(row.time), .quiet), step, Line(row.host ?? ""), state,
      Line(row.duration.map(DurationText.of) ?? ""),
      Line(row.attempt.map(String.init) ?? ""), Line(row.status.map(String.init) ?? ""), note,
    ]
  }

  /// One object a line; the fields are described in `docs/json.md`.
  package static func json(_ row: HistoryRow, run: String) -> String {
    var json = JSONObject()
    json["run"] = .string(run)
    json["time"] = .string(row.time.rfc3339)
    json["kind"] = .string(row.kind.rawValue)
    json["step"] = row.step.map { .string($0) }
    json["host"] = row.host.map { .string($0) }
    if !row.batch.isEmpty { json["batch"] = .array(row.batch.map { .int($0) }) }
    json["state"] = row.state.map { .string($0.rawValue) }
    json["durationMilliseconds"] = row.duration.map { .int($0) }
    json["attempt"] = row.attempt.map { .int($0) }
    json["exitStatus"] = row.status.map { .int($0) }
    if !row.note.isEmpty { json["note"] = .string(row.note) }
    json["by"] = row.by.map { .string($0) }
    return json.text
  }
}
