extension MarkdownReport {
  /// What each step's `check` said, all hosts on one line; also that it was never asked.
  mutating func writeTests() {
    var steps: [RunDocument.TaskRow] = []
    for row in document.rows where row.isChecked && row.state != .leftOut {
      if !steps.contains(where: { $0.task.step == row.task.step }) { steps.append(row) }
    }
    guard !steps.isEmpty else { return }
    heading("Tests")
    line(words("| | test | hosts | found |", "| | test | hôtes | constaté |"))
    line("| --- | --- | --- | --- |")
    for step in steps {
      let answers = document.checks.filter { $0.stage == .check && $0.task.step == step.task.step }
      let hosts = answers.compactMap(\.task.host).joined(separator: ", ")
      let (glyph, found) = result(of: step, answers)
      line("| \(glyph) | \(cell(step.title ?? step.task.step)) | \(cell(hosts)) | \(cell(found)) |")
    }
  }

  /// First of all why it is not done: what failed, what was found, what to do.
  mutating func writeFailures() {
    guard !document.failures.isEmpty else { return }
    heading(words("What failed", "Ce qui a échoué"))
    for failure in document.failures {
      let (what, why) = words.headline(failure)
      line("- ❌ **\(cell(what))**\(words.colon) \(cell(why))")
      if !failure.asked.isEmpty {
        line("  - \(words("asked", "demandé"))\(words.colon) \(code(failure.asked))")
      }
      if let found = words.found(failure) {
        line("  - \(words("found", "constaté"))\(words.colon) \(cell(String(found.prefix(200))))")
      }
      if let remedy = failure.remedy {
        line("  - \(words("to do", "à faire"))\(words.colon) \(cell(remedy))")
      }
    }
  }

  private func result(
    of step: RunDocument.TaskRow, _ answers: [RunDocument.CheckRow]
  ) -> (glyph: String, found: String) {
    if answers.isEmpty {
      switch step.state {
      case .satisfied: return ("✅", words("was so already", "déjà le cas"))
      case .done, .byCheck, .accepted: return ("✅", "")
      case .toCome, .notReached, .running, .waiting, .doubt, .failed, .leftOut:
        return ("·", words("not carried out", "non exécuté"))
      }
    }
    // The first line of each host; what several say stands once.
    var found: [String] = []
    for answer in answers {
      let text = answer.found.split(separator: "\n").first.map { String($0.prefix(120)) } ?? ""
      if !text.isEmpty, !found.contains(text) { found.append(text) }
    }
    let glyph =
      answers.contains { $0.answer == .doesNotHold }
      ? "❌" : answers.contains { $0.answer == .cannotTell } ? "❓" : "✅"
    return (glyph, found.joined(separator: "; "))
  }
}
