import RunbookCore

/// A run as one HTML page, in English or French: nothing is fetched from anywhere, and nothing that
/// a host or a file said is markup in it.
package struct HTMLReport {
  private let document: RunDocument
  private let words: ReportWords
  private let time: (Timestamp) -> String
  private var html = ""

  /// - Parameter time: writes a time for people, with its zone.
  package static func render(
    _ document: RunDocument, _ words: ReportWords, time: @escaping (Timestamp) -> String
  ) -> String {
    var report = HTMLReport(document: document, words: words, time: time)
    report.writeHead()
    report.writeHeader()
    report.writeFailures()
    report.writeResults()
    report.writeSteps()
    report.writeChecks()
    report.writeDecisions()
    report.writeEvidence()
    report.writeEnd()
    return report.html
  }

  private init(
    document: RunDocument, words: ReportWords, time: @escaping (Timestamp) -> String
  ) {
    self.document = document
    self.words = words
    self.time = time
  }

  private var title: String { document.description.title ?? document.description.runbook }

  private mutating func writeHead() {
    line("<!DOCTYPE html>")
    line("<html lang=\"\(words.language.rawValue)\">")
    line("<head>")
    line("<meta charset=\"utf-8\">")
    line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
    // Nothing can be loaded or run, whatever stands in the page.
    line(
      "<meta http-equiv=\"Content-Security-Policy\" "
        + "content=\"default-src 'none'; style-src 'unsafe-inline'\">")
    line("<title>\(text(title)) · \(text(document.description.id))</title>")
    line("<style>\(HTMLReportStyle.text)</style>")
    line("</head>")
    line("<body>")
    line("<main>")
  }

  private mutating func writeHeader() {
    line("<h1>\(text(title))</h1>")
    line("<p class=\"status\">\(text(words.status(document)))</p>")
    if !document.documentation.isEmpty {
      line("<p class=\"doc\">\(text(document.documentation))</p>")
    }
    line("<dl>")
    item(words("Run", "Exécution"), "\(document.description.id) (\(document.description.runbook))")
    item(words("By", "Par"), document.by)
    if let started = document.started { item(words("Started", "Début"), time(started)) }
    if let ended = document.ended { item(words.ended(document), time(ended)) }
    if let started = document.started, let ended = document.ended {
      item(words("Took", "Durée"), length(started, ended))
    }
    item(words("Hosts", "Hôtes"), document.hosts.joined(separator: ", "))
    if document.owners > 1 {
      item(
        words("Resumed", "Reprises"),
        words(Words.count(document.owners - 1, "time"), "\(document.owners - 1) fois"))
    }
    line("</dl>")
  }

  private mutating func writeFailures() {
    guard !document.failures.isEmpty else { return }
    heading(words("What failed", "Ce qui a échoué"))
    line("<dl>")
    for failure in document.failures {
      let (what, why) = words.headline(failure)
      item("✗ " + what, why)
      if !failure.asked.isEmpty { item(words("asked", "demandé"), failure.asked) }
      if let found = words.found(failure) { item(words("found", "constaté"), found) }
      if let remedy = failure.remedy { item(words("to do", "à faire"), remedy) }
    }
    line("</dl>")
  }

  private mutating func writeResults() {
    let outputs = document.outputs.filter { !$0.value.contains("\n") }
    guard !outputs.isEmpty else { return }
    heading(words("Results", "Constats"))
    line("<dl>")
    for output in outputs { item(words.name(of: output), output.value) }
    line("</dl>")
  }

  private mutating func writeSteps() {
    heading(words("What was done", "Ce qui a été fait"))
    table([
      words("step", "étape"), words("host", "hôte"), words("state", "état"),
      words("started", "début"), words("took", "durée"), words("attempts", "tentatives"),
    ]) { report in
      for row in report.document.rows where row.state != .leftOut { report.writeRow(row) }
    }
    if !document.leftOut.isEmpty {
      let names = document.leftOut.joined(separator: ", ")
      line("<p>\(words("Not needed:", "Non nécessaire :")) \(text(names))</p>")
    }
    let kept = document.rows.filter { $0.noRollback != nil && $0.attempts > 0 }
    guard document.rows.contains(where: { $0.undo != nil }), !kept.isEmpty else { return }
    line(
      "<p>\(words("Not undone, as the runbook says:", "Non annulé, comme le dit le runbook :"))</p>"
    )
    line("<ul>")
    var named: Set<String> = []
    for row in kept where named.insert(row.task.step).inserted {
      line("<li>\(text(row.task.step))\(words.colon) \(text(row.noRollback ?? ""))</li>")
    }
    line("</ul>")
  }

  private mutating func writeRow(_ row: RunDocument.TaskRow) {
    let took = row.started.flatMap { start in row.ended.map { length(start, $0) } } ?? ""
    let batch = row.task.batch.map { " #\($0)" }.joined()
    var step = "<b>\(text(row.task.step + batch))</b>"
    if let title = row.title { step += "<br>\(text(title))" }
    cells([
      step, text(row.task.host ?? ""),
      "<span class=\"\(tone(row))\">\(text(words.whole(row)))</span>",
      text(row.started.map(time) ?? ""),
      text(took), row.attempts == 0 ? "" : "\(row.attempts)",
    ])
  }

  private func tone(_ row: RunDocument.TaskRow) -> String {
    if row.undo != nil { return "undone" }
    switch row.state {
    case .done, .byCheck, .accepted: return "good"
    case .satisfied, .leftOut, .toCome, .notReached: return "quiet"
    case .running, .waiting: return "active"
    case .doubt: return "doubt"
    case .failed: return "bad"
    }
  }

  private mutating func writeChecks() {
    guard !document.checks.isEmpty else { return }
    heading(words("Checks", "Vérifications"))
    table([
      "", words("check", "vérification"), words("host", "hôte"), words("found", "constaté"),
    ]) { report in
      for check in report.document.checks {
        let found = report.words.found(check)
        report.cells([
          report.sign(of: check),
          "\(report.text(check.name))<br><code>\(report.text(check.text))</code>",
          report.text(check.task.host ?? ""), report.text(String(found.prefix(240))),
        ])
      }
    }
  }

  /// Never by colour alone.
  private func sign(of check: RunDocument.CheckRow) -> String {
    switch check.answer {
    case .holds: "<span class=\"good\">✓ \(words("holds", "vrai"))</span>"
    case .doesNotHold:
      "<span class=\"\(check.stage == .unless ? "quiet" : "bad")\">"
        + (check.stage == .unless ? "· " : "✗ ") + "\(words("does not hold", "faux"))</span>"
    case .cannotTell:
      "<span class=\"doubt\">? \(words("cannot tell", "ne peut répondre"))</span>"
    }
  }

  private mutating func writeDecisions() {
    guard !document.decisions.isEmpty else { return }
    heading(words("Decisions of people", "Décisions"))
    line("<ul>")
    for decision in document.decisions {
      let task = decision.task.map { " \($0)" } ?? ""
      line(
        "<li>\(text(time(decision.time))) · \(text(decision.by))\(words.colon) "
          + "\(text(words.decision(decision.kind) + task))</li>")
    }
    line("</ul>")
  }

  private mutating func writeEvidence() {
    let outputs = document.outputs.filter { $0.value.contains("\n") }
    guard !outputs.isEmpty else { return }
    heading(words("Evidence", "Pièces"))
    for output in outputs {
      line("<h3>\(text(words.name(of: output))), \(text(output.step))</h3>")
      line("<pre>\(text(output.value))</pre>")
    }
  }

  private mutating func writeEnd() {
    var proof = words("\(document.events) events", "\(document.events) événements")
    if let head = document.chainHead {
      proof += words(", chain head ", ", tête de chaîne ") + head
    }
    line("<footer>\(text(words.status(document))) · \(text(proof))</footer>")
    line("</main>")
    line("</body>")
    line("</html>")
  }

  private func length(_ start: Timestamp, _ end: Timestamp) -> String {
    DurationText.of(end.milliseconds - start.milliseconds)
  }

  private mutating func heading(_ title: String) { line("<h2>\(text(title))</h2>") }

  private mutating func item(_ name: String, _ value: String) {
    if !value.isEmpty { line("<dt>\(text(name))</dt><dd>\(text(value))</dd>") }
  }

  private mutating func table(_ heads: [String], _ rows: (inout HTMLReport) -> Void) {
    line("<div class=\"table\"><table>")
    line("<thead><tr>" + heads.map { "<th>\(text($0))</th>" }.joined() + "</tr></thead>")
    line("<tbody>")
    rows(&self)
    line("</tbody></table></div>")
  }

  /// - Parameter contents: markup already.
  private mutating func cells(_ contents: [String]) {
    line("<tr>" + contents.map { "<td>\($0)</td>" }.joined() + "</tr>")
  }

  private mutating func line(_ markup: String) { html += markup + "\n" }

  /// Untrusted text: no markup, no control character but a line's end.
  private func text(_ raw: String) -> String {
    raw.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      Printable.text(line).map { character in
        switch character {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        case "'": "&#39;"
        default: String(character)
        }
      }.joined()
    }.joined(separator: "\n")
  }
}
