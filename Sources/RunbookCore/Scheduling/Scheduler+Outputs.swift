/// How outputs get their values.
extension Scheduler {
  /// Journals every output that the host has answered. Returns a failure where an answer is not a
  /// value of the output's type.
  mutating func takeOutputs(_ id: TaskID, _ step: Step) -> Failure? {
    if let failure = state.tasks[id]?.outputFailure { return failure }
    let answers = state.tasks[id]?.lastAnswers ?? []
    for (position, output) in step.outputs.enumerated() where output.source != nil {
      guard isStale(id, output), !state.index.secretFlow.contains(step.path, output.name) else {
        continue
      }
      guard let answer = answers.first(where: { $0.stage == .output && $0.index == position })
      else { continue }
      if answer.isTruncated { return .output(output.name, "more than 64 KiB were printed") }
      do {
        let value = try Value(output: answer.text, as: output.type)
        record(.outputSet(id, name: output.name, value: value))
      } catch {
        return .output(output.name, error.text)
      }
    }
    return nil
  }

  /// The attempt whose printed output is still to be read as the value of an output.
  func missingOwnOutput(_ id: TaskID, _ step: Step) -> AttemptKey? {
    guard case .run? = step.action, let key = state.tasks[id]?.attempts.last else { return nil }
    let isMissing = step.outputs.contains { output in
      output.source == nil && isStale(id, output)
    }
    return isMissing ? key : nil
  }

  func outputFailure(_ step: Step, _ position: Int) -> Failure {
    let name = position < step.outputs.count ? step.outputs[position].name : "output"
    return .output(name, "its code did not exit with 0")
  }

  /// A value from an earlier attempt counts as missing.
  func isStale(_ id: TaskID, _ output: OutputDeclaration) -> Bool {
    !(state.tasks[id]?.outputsSet.contains(output.name) ?? false)
  }
}

/// Why bytes are not a value of an output.
package struct OutputProblem: Error, Hashable, Sendable {
  package var text: String

  package init(text: String) { self.text = text }
}

extension Value {
  /// The value that printed bytes stand for, blanks around them left out. At most 64 KiB, no NUL.
  package init(output bytes: [UInt8], as type: ValueType) throws(OutputProblem) {
    if bytes.contains(0) { throw OutputProblem(text: "what was printed has a NUL byte") }
    guard let printed = String(validating: bytes, as: UTF8.self) else {
      throw OutputProblem(text: "what was printed is not UTF-8 text")
    }
    let text = printed.trimmed
    switch type {
    case .string: self = .string(text)
    case .int:
      guard let number = Int(text) else {
        throw OutputProblem(text: "\(quoted(text)) is no whole number")
      }
      self = .int(number)
    case .bool:
      guard text == "true" || text == "false" else {
        throw OutputProblem(text: "\(quoted(text)) is neither true nor false")
      }
      self = .bool(text == "true")
    case .duration:
      guard let value = Value.milliseconds(of: text) else {
        throw OutputProblem(text: "\(quoted(text)) is no duration such as 500ms, 30s, 5m or 2h")
      }
      self = .duration(value)
    }
  }

  /// Milliseconds of `500ms`, `30s`, `5m`, `2h`; a bare number counts seconds.
  package static func milliseconds(of text: String) -> Int? {
    let units: [(suffix: String, factor: Int)] = [
      ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("", 1000),
    ]
    for unit in units where text.hasSuffix(unit.suffix) {
      guard let number = Int(text.dropLast(unit.suffix.count)), number >= 0 else { continue }
      let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
      return overflow ? nil : product
    }
    return nil
  }
}

private func quoted(_ text: String) -> String { "\"\(text.prefix(60))\"" }

extension String {
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
