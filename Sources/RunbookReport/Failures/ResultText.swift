import RunbookCore

/// What a run found out, in a line each: outputs of one line that only one place has given.
struct ResultText {
  let state: RunState

  /// `    cause         no-bootstrap-section`
  var lines: [Line] {
    let results = state.index.steps.flatMap { step in
      step.outputs.compactMap { output in value(output.name, of: step).map { (output.name, $0) } }
    }
    let column = 6 + (results.map { Printable.width($0.0) }.max() ?? 0)
    return results.map { name, value in
      var line = Line("    ")
      line.append(name, .quiet)
      line.pad(to: column, gap: 2)
      line.append(Printable.head(of: value, width: 300))
      return line
    }
  }

  private func value(_ name: String, of step: Step) -> String? {
    let places = [nil] + state.binding.hosts.map { Optional($0.name) }
    let values = places.compactMap { place in
      state.outputs[OutputSlot(step: step.path, name: name, host: place)]?.environmentText
    }.filter { !$0.isEmpty }
    guard values.count == 1, !values[0].contains(where: \.isNewline) else { return nil }
    return values[0]
  }
}
