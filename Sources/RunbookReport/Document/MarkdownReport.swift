import RunbookCore

/// A run as a Markdown document, in English or French.
package struct MarkdownReport {
  let document: RunDocument
  let words: ReportWords
  private let time: (Timestamp) -> String
  private var lines: [String] = []

  /// - Parameter time: writes a time for people, with its zone.
  package static func render(
    _ document: RunDocument, _ words: ReportWords, time: @escaping (Timestamp) -> String
  ) -> String {
    var report = MarkdownReport(document: document, words: words, time: time)
    report.writeHeader()
    report.writeFailures()
    report.writeOutputs(multiline: false)
    report.writeTests()
    report.writeSteps()
    report.writeChecks()
    report.writeDecisions()
    report.writeOutputs(multiline: true)
    report.writeEnd()
    return report.lines.joined(separator: "\n") + "\n"
  }

  private init(
    document: RunDocument, words: ReportWords, time: @escaping (Timestamp) -> String
  ) {
    self.document = document
    self.words = words
    self.time = time
  }

  private mutating func writeHeader() {
    let title = document.description.title ?? document.description.runbook
    line("## " + cell(title))
    line("")
    if !document.documentation.isEmpty { line(document.documentation + "\n") }
    item(words("Final status", "Statut final"), words.status(document))
    item(
      words("Run", "Exécution"), "`\(document.description.id)` (\(document.description.runbook))")
    item(words("By", "Par"), cell(document.by))
    if let started = document.started { item(words("Started", "Début"), time(started)) }
    if let ended = document.ended { item(words.ended(document), time(ended)) }
    if let started = document.started, let ended = document.ended {
      item(words("Took", "Durée"), duration(started, ended))
    }
    item(words("Hosts", "Hôtes"), document.hosts.map(cell).joined(separator: ", "))
    if document.owners > 1 {
      item(
        words("Resumed", "Reprises"),
        words(Words.count(document.owners - 1, "time"), "\(document.owners - 1) fois"))
    }
  }

  private mutating func writeSteps() {
    heading(words("What was done", "Ce qui a été fait"))
    line(
      words(
        "| step | host | state | started | took | attempts |",
        "| étape | hôte | état | début | durée | tentatives |"))
    line("| --- | --- | --- | --- | --- | --- |")
    for row in document.rows where row.state != .leftOut {
      let took = row.started.flatMap { start in row.ended.map { duration(start, $0) } } ?? ""
      let name = row.title.map { "\(row.task.step): \($0)" } ?? row.task.step
      let batch = row.task.batch.map { " #\($0)" }.joined()
      line(
        "| \(cell(name))\(batch) | \(cell(row.task.host ?? "")) | \(cell(words.whole(row))) | "
          + "\(row.started.map(time) ?? "") | \(took) | \(row.attempts == 0 ? "" : "\(row.attempts)") |"
      )
    }
    if !document.leftOut.isEmpty {
      line("")
      line(
        words("Not needed: ", "Non nécessaire : ")
          + document.leftOut.map(cell).joined(separator: ", "))
    }
    let kept = document.rows.filter { $0.noRollback != nil && $0.attempts > 0 }
    if document.rows.contains(where: { $0.undo != nil }), !kept.isEmpty {
      line("")
      line(words("Not undone, as the runbook says:", "Non annulé, comme le dit le runbook :"))
      var named: Set<String> = []
      for row in kept where named.insert(row.task.step).inserted {
        line("- \(cell(row.task.step))\(words.colon) \(cell(row.noRollback ?? ""))")
      }
    }
  }

  private mutating func writeChecks() {
    guard !document.checks.isEmpty else { return }
    heading(words("Checks", "Vérifications"))
    line(words("| | check | host | found |", "| | vérification | hôte | constaté |"))
    line("| --- | --- | --- | --- |")
    for check in document.checks {
      let isGuard = check.stage == .unless
      let glyph: String
      switch check.answer {
      case .holds: glyph = "✅"
      case .doesNotHold: glyph = isGuard ? "·" : "❌"
      case .cannotTell: glyph = "❓"
      }
      line(
        "| \(glyph) | \(cell(check.name)): \(code(check.text)) | \(cell(check.task.host ?? "")) | "
          + "\(cell(String(words.found(check).prefix(120)))) |")
    }
  }

  private mutating func writeDecisions() {
    guard !document.decisions.isEmpty else { return }
    heading(words("Decisions of people", "Décisions"))
    for decision in document.decisions {
      let task = decision.task.map { " \($0)" } ?? ""
      line(
        "- \(time(decision.time)) \(cell(decision.by))\(words.colon) "
          + "\(words.decision(decision.kind))\(task)")
    }
  }

  private mutating func writeOutputs(multiline: Bool) {
    let outputs = document.outputs.filter { $0.value.contains("\n") == multiline }
    guard !outputs.isEmpty else { return }
    heading(multiline ? words("Evidence", "Pièces") : words("Results", "Constats"))
    for output in outputs {
      let name = words.name(of: output)
      if multiline {
        line("### \(cell(name)), \(cell(output.step))")
        line("")
        let fence = output.value.contains("```") ? "~~~~" : "```"
        line(fence)
        line(safe(output.value))
        line(fence)
        line("")
      } else {
        item(cell(name), cell(output.value))
      }
    }
  }

  private mutating func writeEnd() {
    line("")
    line("---")
    var proof = words("\(document.events) events", "\(document.events) événements")
    if let head = document.chainHead {
      proof += words(", chain head ", ", tête de chaîne ") + "`\(head)`"
    }
    line(
      "**\(words("Final status", "Statut final"))**\(words(":", " :")) \(words.status(document)) · \(proof)"
    )
  }

  mutating func heading(_ text: String) {
    line("")
    line("### " + text)
    line("")
  }

  private mutating func item(_ name: String, _ value: String) {
    guard !value.isEmpty else { return }
    line("- **\(name)**\(words.colon) \(value)")
  }

  mutating func line(_ text: String) { lines.append(text) }

  private func duration(_ start: Timestamp, _ end: Timestamp) -> String {
    DurationText.of(end.milliseconds - start.milliseconds)
  }

  /// Untrusted text on one line of a table.
  func cell(_ text: String) -> String {
    var result = ""
    for character in safe(text) {
      switch character {
      case "\n": result += " "
      case "|", "<", ">", "`", "*": result += "\\" + String(character)
      default: result.append(character)
      }
    }
    return result
  }

  func code(_ text: String) -> String {
    let inner = text.filter { $0 != "`" }.replacingNewlines()
    return "`" + safe(inner).map { $0 == "|" ? "\\|" : String($0) }.joined() + "`"
  }

  /// Control characters are shown, never obeyed.
  private func safe(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          if scalar == "\n" || scalar == "\t" { return scalar }
          if scalar.value < 0x20 { return Unicode.Scalar(0x2400 + scalar.value) ?? " " }
          return scalar.value == 0x7f || (0x80...0x9f).contains(scalar.value) ? "\u{fffd}" : scalar
        }))
  }
}

extension String {
  fileprivate func replacingNewlines() -> String {
    String(map { $0 == "\n" ? " " : $0 })
  }
}
