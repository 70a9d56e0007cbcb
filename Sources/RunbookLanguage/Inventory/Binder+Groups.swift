import RunbookCore

/// Which rows of the inventory each group selects, and what only they can answer.
extension Binder {
  mutating func resolveGroups() {
    guard let inventory else {
      if let group = plan.groups.first {
        report(
          .noInventory, "group `\(group.name)` has no inventory to be found in", at: group.origin,
          help: "declare one: `inventory \"servers.tsv\"`, in the runbook or in site.runbook")
      }
      return
    }
    for group in plan.groups {
      switch group.selection {
      case .condition(let condition):
        guard let rows = rows(of: group, where: condition, inventory) else { continue }
        settle(group, rows, inventory)
      case .names(let names):
        if let rows = rows(of: group, named: names, inventory) { settle(group, rows, inventory) }
      case .found: break
      }
    }
    answerQuestions(inventory)
    if isWhole { warnAboutRest(inventory) }
  }

  /// The rows that a condition selects; nil where it can't be decided.
  private mutating func rows(
    of group: GroupDeclaration, where condition: Expression, _ inventory: Inventory
  ) -> [Int]? {
    let columns = Set(inventory.columns)
    let names =
      plan.environments.indices.contains(group.environment)
      ? plan.environments[group.environment].meanings : [:]
    for column in condition.columns where !columns.contains(column) {
      let inputs = names.filter { if case .input = $0.value { true } else { false } }
      report(
        .unknownColumn, "no column of `\(inventory.file.name)` is called `\(column)`",
        at: group.origin, mentioning: column,
        help: Suggestion.help(for: column, among: inventory.columns + inputs.keys.sorted())
          ?? "there are \(list(inventory.columns))")
      return nil
    }
    var rows: [Int] = []
    for (index, row) in inventory.rows.enumerated() {
      let answer = condition.evaluate { reference in
        switch reference {
        case .column(let column): return .string(row.host.columns[column] ?? "")
        case .name(let name):
          if columns.contains(name) { return .string(row.host.columns[name] ?? "") }
          switch names[name] {
          case .literal(let value)?: return value
          case .input(let input)?: return inputs[input]
          case .secret?, .group?, .output?, nil: return nil
          }
        }
      }
      guard case .bool(let isSelected)? = answer else {
        if !isExamining, !diagnostics.hasErrors {
          report(
            .typeMismatch, "the condition of `\(group.name)` compares different types",
            at: group.origin, help: "columns are text; an input of the same name gives way")
        }
        return nil
      }
      if isSelected { rows.append(index) }
    }
    if rows.isEmpty { reportEmpty(group, condition, inventory) }
    return rows
  }

  private mutating func rows(
    of group: GroupDeclaration, named names: [String], _ inventory: Inventory
  ) -> [Int]? {
    let known = inventory.rows.map(\.host.name)
    var rows: [Int] = []
    for name in names {
      let found = known.indices.filter { known[$0] == name }
      if found.isEmpty {
        report(
          .unknownHost, "no host of `\(inventory.file.name)` is called `\(name)`",
          at: group.origin, mentioning: "\"\(name)\"",
          help: Suggestion.help(for: name, among: known)
            ?? "names of hosts are those of the column that the inventory declares as `name`")
      }
      rows += found
    }
    return rows.isEmpty ? nil : Array(Set(rows)).sorted()
  }

  /// The members of a group, unless one of its rows is no usable host.
  private mutating func settle(_ group: GroupDeclaration, _ rows: [Int], _ inventory: Inventory) {
    selected.formUnion(rows)
    for row in rows {
      if let problem = inventory.rows[row].problem { diagnostics.report(problem) }
    }
    members[group.id] = rows.map { inventory.rows[$0].host.name }
  }

  private mutating func reportEmpty(
    _ group: GroupDeclaration, _ condition: Expression, _ inventory: Inventory
  ) {
    // A comparison that no row satisfies is the likeliest cause.
    for (column, text) in condition.comparedColumns {
      let values = Set(inventory.rows.compactMap { $0.host.columns[column] })
      guard !values.contains(text) else { continue }
      return report(
        .emptyGroup, "group `\(group.name)` is empty: no `\(column)` is \"\(text)\"",
        at: group.origin, mentioning: "\"\(text)\"",
        help: Suggestion.nearest(to: text, among: values.sorted()).map { "did you mean \"\($0)\"?" }
          ?? (values.isEmpty
            ? "`\(inventory.file.name)` has no rows with a value there"
            : "there are \(list(values.sorted()))"))
    }
    report(
      .emptyGroup, "group `\(group.name)` is empty", at: group.origin,
      help: "no row of `\(inventory.file.name)` satisfies its condition")
  }

  private func list(_ words: [String]) -> String {
    let shown = words.filter { !$0.isEmpty }.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
    return words.count > 12 ? shown + ", …" : shown
  }

  // MARK: - Questions

  private mutating func answerQuestions(_ inventory: Inventory) {
    for question in plan.questions {
      switch question {
      case .column(let column, let origin):
        guard !inventory.columns.contains(column) else { continue }
        report(
          .unknownColumn, "no column of `\(inventory.file.name)` is called `\(column)`",
          at: origin,
          help: Suggestion.nearest(to: column, among: inventory.columns).map {
            "did you mean `host_\($0)`?"
          } ?? "there are \(list(inventory.columns))")
      case .amount: break
      case .ownOutput(let name, let readers, let writers, let origin):
        guard let readers = members[readers] else { continue }
        let known = writers.compactMap { members[$0] }
        guard known.count == writers.count else { continue }
        let writing = Set(known.joined())
        guard let host = readers.first(where: { !writing.contains($0) }) else { continue }
        report(
          .outputByHost, "`\(host)` reads its own `\(name)` here, which it never writes",
          at: origin,
          help: "read `\(name)_by_host`, or give it a default: `output \(name) = …`")
      }
    }
  }

  /// One warning for all rows that nothing selects and that are wrong.
  private mutating func warnAboutRest(_ inventory: Inventory) {
    let wrong = inventory.rows.enumerated().compactMap { index, row in
      selected.contains(index) ? nil : row.problem
    }
    guard let first = wrong.first else { return }
    let others = wrong.count == 1 ? "" : ", and \(wrong.count - 1) more like it"
    diagnostics.report(
      Diagnostic(
        .skippedRows, "\(first.summary)\(others); no group selects it", at: first.place,
        help: first.help, severity: .warning))
  }
}

extension Expression {
  /// Every column that stands in it.
  fileprivate var columns: [String] {
    switch self {
    case .literal, .name: []
    case .column(let column): [column]
    case .not(let operand): operand.columns
    case .and(let left, let right), .or(let left, let right), .compare(_, let left, let right):
      left.columns + right.columns
    }
  }

  /// Columns that must equal a text for the whole to hold.
  fileprivate var comparedColumns: [(String, String)] {
    switch self {
    case .and(let left, let right): left.comparedColumns + right.comparedColumns
    case .compare(.equal, .column(let column), .literal(.string(let text))),
      .compare(.equal, .literal(.string(let text)), .column(let column)):
      [(column, text)]
    case .literal, .name, .column, .not, .or, .compare: []
    }
  }
}
