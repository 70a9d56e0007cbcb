import RunbookCore

/// A run as one JSON object on one line, its times in RFC 3339 UTC; see `docs/json.md`.
package enum JSONReport {
  /// - Parameter words: the language of `text` fields; states and kinds have the same words in all.
  package static func render(_ document: RunDocument, _ words: ReportWords) -> String {
    var json = JSONObject()
    json["run"] = .string(document.description.id)
    json["runbook"] = .string(document.description.runbook)
    json["title"] = document.description.title.map { .string($0) }
    json["operator"] = .string(document.description.operator)
    json["machine"] = .string(document.description.machine)
    json["state"] = .string(state(of: document))
    json["text"] = .string(words.status(document))
    json["started"] = document.started.map { .string($0.rfc3339) }
    json["ended"] = document.ended.map { .string($0.rfc3339) }
    json["hosts"] = .array(document.hosts.map { .string($0) })
    json["owners"] = .int(document.owners)
    json["events"] = .int(document.events)
    json["chainHead"] = document.chainHead.map { .string($0) }
    json["tasks"] = .array(document.rows.map { .object(task($0, words)) })
    json["checks"] = .array(document.checks.map { .object(check($0)) })
    json["outputs"] = .array(document.outputs.map { .object(output($0)) })
    json["decisions"] = .array(document.decisions.map { .object(decision($0)) })
    return json.text + "\n"
  }

  private static func state(of document: RunDocument) -> String {
    if let outcome = document.outcome { return outcome.rawValue }
    if document.stopped != nil { return "stopped" }
    return document.isInterrupted ? "interrupted" : "running"
  }

  private static func task(_ row: RunDocument.TaskRow, _ words: ReportWords) -> JSONObject {
    var json = JSONObject()
    name(row.task, in: &json)
    json["title"] = row.title.map { .string($0) }
    json["state"] = .string(word(row.state))
    json["text"] = .string(words.state(row.state))
    json["started"] = row.started.map { .string($0.rfc3339) }
    json["ended"] = row.ended.map { .string($0.rfc3339) }
    json["attempts"] = .int(row.attempts)
    json["exitStatus"] = row.exitStatus.map { .int($0) }
    json["rollback"] = row.undo.map { .string(word($0)) }
    json["noRollback"] = row.noRollback.map { .string($0) }
    if row.outputNotKept > 0 { json["outputNotKept"] = .int(row.outputNotKept) }
    return json
  }

  private static func word(_ state: RunDocument.RowState) -> String {
    switch state {
    case .toCome, .notReached: "toCome"
    case .running: "running"
    case .waiting: "waiting"
    case .doubt: "inDoubt"
    case .done: "done"
    case .satisfied: "satisfied"
    case .byCheck: "doneByCheck"
    case .accepted: "accepted"
    case .failed: "failed"
    case .leftOut: "leftOut"
    }
  }

  private static func check(_ row: RunDocument.CheckRow) -> JSONObject {
    var json = JSONObject()
    name(row.task, in: &json)
    json["stage"] = .string(row.stage.rawValue)
    json["check"] = .string(row.text)
    json["answer"] = .string(row.answer.rawValue)
    json["exitStatus"] = .int(row.status)
    json["found"] = .string(row.found)
    return json
  }

  private static func output(_ row: RunDocument.OutputRow) -> JSONObject {
    var json = JSONObject()
    json["step"] = .string(row.step)
    json["host"] = row.host.map { .string($0) }
    json["name"] = .string(row.name)
    json["value"] = .string(row.value)
    return json
  }

  private static func decision(_ decision: RunDocument.Decision) -> JSONObject {
    var json = JSONObject()
    json["time"] = .string(decision.time.rfc3339)
    json["decision"] = .string("\(decision.kind)")
    if let task = decision.task { name(task, in: &json) }
    json["by"] = .string(decision.by)
    return json
  }

  private static func name(_ task: TaskID, in json: inout JSONObject) {
    json["step"] = .string(task.step)
    json["host"] = task.host.map { .string($0) }
    if !task.batch.isEmpty { json["batch"] = .array(task.batch.map { .int($0) }) }
  }
}
