import RunbookCore

/// Gives a plan its hosts and inputs: everything that is known before a run and not in its text.
package struct Binder {
  let plan: Plan
  let inventory: Inventory?
  let sources: [SourceFile]
  var inputs: [String: Value] = [:]
  var diagnostics = DiagnosticList()
  /// Rows that some group selects, by their index.
  var selected: Set<Int> = []
  var members: [GroupID: [String]] = [:]
  /// Whether inputs may still be unknown.
  var isExamining = false
  /// Whether the plan has all groups: else a row that none selects is no news.
  var isWhole = true

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
    binder.checkAmounts()
    binder.resolveGroups()
    let found = binder.diagnostics.inReadingOrder()
    guard !binder.diagnostics.hasErrors else { return (nil, found) }
    let hosts = (inventory?.rows ?? []).enumerated().filter { binder.selected.contains($0.offset) }
    let binding = Binding(
      hosts: hosts.map(\.element.host), groups: binder.members, inputs: binder.inputs)
    return (binding, found)
  }

  /// What can be said about a runbook and its inventory before anybody gives inputs, also where
  /// the runbook has errors: for `check`.
  package static func examine(
    _ result: Compiler.Result, inventory: Inventory?
  ) -> [Diagnostic] {
    guard let plan = result.draft else { return [] }
    var binder = Binder(plan, inventory, result.sources)
    binder.isExamining = true
    binder.isWhole = !result.hasErrors
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

  /// An input that counts something or is waited for is more than nothing.
  private mutating func checkAmounts() {
    for case .amount(let name) in plan.questions {
      guard let input = plan.inputs.first(where: { $0.name == name }) else { continue }
      switch inputs[name] {
      case .int(let number)?:
        guard number < 1 else { continue }
        report(
          .badInput, "input `\(name)` can't be `\(number)`", at: input.origin,
          help: "give 1 or more")
      case .duration(let milliseconds)?:
        guard milliseconds < 1 else { continue }
        report(
          .badInput, "input `\(name)` can't be nothing", at: input.origin,
          help: "give a duration longer than nothing, as `30s`")
      case .string?, .bool?, nil: continue
      }
    }
  }

  /// The value that a text of the command line stands for.
  private static func value(_ text: String, _ type: ValueType) -> Value? {
    switch type {
    case .string: return text.utf8.contains(0) ? nil : .string(text)
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .int:
      guard let number = Int(text), number.magnitude <= Amounts.limit else { return nil }
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

  // MARK: - Reports

  /// - Parameter text: what to mark, where it stands behind the origin.
  mutating func report(
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
  /// Bytes looked at behind an origin: no declaration is longer.
  private static let reach = 10_000

  /// The first token behind an offset that is that text, but for the word that begins there; the
  /// word itself where there is none.
  fileprivate func range(of text: String?, from start: Int) -> SourceRange {
    let piece = SourceFile(
      name: name, bytes: Array(bytes[start..<min(bytes.count, start + Self.reach)]))
    if let text {
      for token in Lexer.lex(piece).tokens.dropFirst() where piece.text(token.range) == text {
        return SourceRange(start + token.start, start + token.end)
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
