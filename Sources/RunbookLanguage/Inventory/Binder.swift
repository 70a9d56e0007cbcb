import RunbookCore

/// Gives a plan its hosts and inputs: everything that is known before a run and not in its text.
package struct Binder {
  private let plan: Plan
  private let inventory: Inventory?
  private let sources: [SourceFile]
  private var inputs: [String: Value] = [:]
  private var diagnostics = DiagnosticList()
  /// Rows that some group selects, by their index.
  private var selected: Set<Int> = []
  private var members: [GroupID: [String]] = [:]
  /// Columns that were reported as unknown, each once for a group.
  private var isExamining = false

  private init(_ plan: Plan, _ inventory: Inventory?, _ sources: [SourceFile]) {
    self.plan = plan
    self.inventory = inventory
    self.sources = sources
  }

  /// Binds a plan for a run.
  ///
  /// - Parameters:
  ///   - inventory: nil where the runbook has none; a plan with groups is then an error.
  ///   - inputs: as the command line gives them.
  ///   - sources: the files the plan was made of, for the lines of diagnostics.
  /// - Returns: the binding where there are no errors, and errors and warnings.
  package static func bind(
    _ plan: Plan, inventory: Inventory?, inputs: [String: String], sources: [SourceFile] = []
  ) -> (binding: Binding?, diagnostics: [Diagnostic]) {
    var binder = Binder(plan, inventory, sources)
    binder.readInputs(inputs)
    binder.resolveGroups()
    let found = binder.diagnostics.inReadingOrder()
    guard !binder.diagnostics.hasErrors else { return (nil, found) }
    let hosts = (inventory?.rows ?? []).enumerated().filter { binder.selected.contains($0.offset) }
    let binding = Binding(
      hosts: hosts.map(\.element.host), groups: binder.members, inputs: binder.inputs)
    return (binding, found)
  }

  /// What can be said about a plan and its inventory before anybody gives inputs: for `check`.
  package static func examine(
    _ plan: Plan, inventory: Inventory?, sources: [SourceFile] = []
  ) -> [Diagnostic] {
    var binder = Binder(plan, inventory, sources)
    binder.isExamining = true
    for input in plan.inputs { binder.inputs[input.name] = input.defaultValue }
    binder.resolveGroups()
    return binder.diagnostics.inReadingOrder()
  }

  // MARK: - Inputs

  private mutating func readInputs(_ given: [String: String]) {
    for (name, text) in given.sorted(by: { $0.key < $1.key }) {
      guard let input = plan.inputs.first(where: { $0.name == name }) else {
        let names = plan.inputs.map(\.name)
        report(
          .unknownInput, "this runbook has no input `\(name)`", at: nil,
          help: Suggestion.help(for: name, among: names)
            ?? (names.isEmpty
              ? "it takes no inputs"
              : "it takes \(names.map { "`\($0)`" }.joined(separator: ", "))"))
        continue
      }
      guard let value = Self.value(text, input.type) else {
        report(
          .badInput, "input `\(name)` can't be `\(text)`", at: input.origin,
          help: help(input.type))
        continue
      }
      inputs[name] = value
    }
    for input in plan.inputs where inputs[input.name] == nil && given[input.name] == nil {
      guard let value = input.defaultValue else {
        report(
          .missingInput, "input `\(input.name)` must be given", at: input.origin,
          help: "add `--input \(input.name)=…`")
        continue
      }
      inputs[input.name] = value
    }
  }

  /// The value that a text of the command line stands for.
  private static func value(_ text: String, _ type: ValueType) -> Value? {
    switch type {
    case .string: return text.utf8.contains(0) ? nil : .string(text)
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .int:
      guard let number = Int(text), abs(number) <= Amounts.limit else { return nil }
      return .int(number)
    case .duration:
      guard case .milliseconds(let count) = Amounts.duration(text), count >= 0 else { return nil }
      return .duration(count)
    }
  }

  private func help(_ type: ValueType) -> String {
    switch type {
    case .string: "a value holds no NUL"
    case .int: "give a whole number"
    case .bool: "give `true` or `false`"
    case .duration: "give a number with a unit: `500ms`, `30s`, `5m`, `2h`"
    }
  }

  // MARK: - Groups

  private mutating func resolveGroups() {
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
    warnAboutRest(inventory)
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
      report(
        .unknownColumn, "no column of `\(inventory.file.name)` is called `\(column)`",
        at: group.origin, mentioning: column,
        help: Suggestion.help(for: column, among: inventory.columns + names.keys.sorted())
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
          ?? "there are \(list(values.sorted()))")
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

  // MARK: - Reports

  /// - Parameter text: what to mark, where it stands behind the origin.
  private mutating func report(
    _ code: DiagnosticCode, _ summary: String, at origin: Origin?, mentioning text: String? = nil,
    help: String
  ) {
    let place = origin.flatMap { origin -> Place? in
      guard let file = sources.first(where: { $0.name == origin.file }),
        let start = file.offset(of: origin)
      else { return nil }
      return Place(file, file.range(of: text, from: start))
    }
    diagnostics.report(Diagnostic(code, summary, at: place, help: help))
  }
}

extension SourceFile {
  /// The first occurrence of a text behind an offset, or the word that begins there.
  fileprivate func range(of text: String?, from start: Int) -> SourceRange {
    if let text, !text.isEmpty {
      let wanted = Array(text.utf8)
      var offset = start
      while offset + wanted.count <= bytes.count {
        if bytes[offset] == wanted[0], bytes[offset..<offset + wanted.count].elementsEqual(wanted) {
          return SourceRange(offset, offset + wanted.count)
        }
        offset += 1
      }
    }
    var end = start
    while end < bytes.count,
      isWordPart(bytes[end]) || bytes[end] == UInt8(ascii: "$") && end == start
    {
      end += 1
    }
    return SourceRange(start, max(end, start + 1))
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
