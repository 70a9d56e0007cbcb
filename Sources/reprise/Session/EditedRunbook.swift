import RunbookCore
import RunbookEngine
import RunbookLanguage

/// The runbook of a run as its file says now, with the hosts and inputs that the run would have.
struct EditedRunbook: Sendable {
  var plan: Plan
  var binding: Binding
  var sources: [String: String]
  var warnings: [Diagnostic]

  /// Reads the file that the run was started from anew.
  ///
  /// Inputs keep the values that the run was given; one that had its default has the default of now.
  ///
  /// - Parameter given: inputs, and an inventory, in the place of those of the run.
  static func of(
    _ state: RunState, given: InputOptions
  ) throws(CommandError) -> EditedRunbook {
    let file = file(of: state)
    let loaded = try RunbookDirectory(of: file).load(file)
    var inputs: [String: String] = [:]
    for input in loaded.plan.inputs {
      guard let value = state.binding.inputs[input.name] else { continue }
      let old = state.plan.inputs.first { $0.name == input.name }
      if old?.defaultValue != value { inputs[input.name] = text(of: value) }
    }
    inputs.merge(try given.values()) { $1 }
    let (binding, warnings) = try RunbookDirectory.bind(
      loaded, inventory: given.inventory ?? state.description?.inventory, inputs: inputs)
    let texts = loaded.sources.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
    return EditedRunbook(
      plan: loaded.plan, binding: binding, sources: Dictionary(texts) { first, _ in first },
      warnings: warnings)
  }

  func review(
    _ state: RunState, rerun: [TaskName], accepted: [TaskName]
  ) -> AdoptionReview {
    AdoptionReview(
      state, plan: plan, binding: binding, sources: sources, rerun: rerun, accepted: accepted,
      by: Person.current.description)
  }

  /// As the run knows it, where that is the same file seen from here; else by its whole path.
  private static func file(of state: RunState) -> String {
    let known = state.plan.origin.file
    guard let directory = state.description?.directory,
      Path.absolute(Path.directory(of: known)) != directory
    else { return known }
    return Path.join(directory, Path.name(of: known))
  }

  /// A value as the command line takes it.
  private static func text(of value: Value) -> String {
    switch value {
    case .string(let text): text
    case .int(let number): String(number)
    case .bool(let truth): String(truth)
    case .duration(let milliseconds): "\(milliseconds)ms"
    }
  }
}
