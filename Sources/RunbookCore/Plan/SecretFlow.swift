/// Which outputs of a plan took from a secret: their values are secrets too.
///
/// An output did when the code that gives it, or the action of its step, mentions a secret or an
/// output that did. Only code that mentions a secret gets it, so nothing else can have.
package struct SecretFlow: Sendable {
  package struct Output: Hashable, Sendable {
    package var step: StepPath
    package var name: String

    package init(step: StepPath, name: String) {
      self.step = step
      self.name = name
    }
  }

  /// A secret output that code mentions.
  package struct Reading: Hashable, Sendable {
    /// As it stands in the code.
    package var name: String
    package var reference: OutputReference
    /// As `$NAME_by_host`: the values of all hosts.
    package var isList: Bool
  }

  package private(set) var outputs: Set<Output> = []
  /// Steps whose action gets a secret.
  package private(set) var takingActions: Set<StepPath> = []
  private var readings: [StepPath: [Reading]] = [:]
  private let environments: [NameTable]
  /// Of the functions that stand before the code of each environment.
  private let shellWords: [Set<String>]

  package init(_ plan: Plan, steps: [Step]) {
    environments = plan.environments
    shellWords = plan.environments.map { Self.words(of: $0.shell) }
    guard Self.isNeeded(plan) else { return }
    // An output is read after it was written, but parts may stand in any order in a plan by hand.
    var known = -1
    while known < outputs.count + takingActions.count {
      known = outputs.count + takingActions.count
      for step in steps { mark(step) }
    }
    for step in steps {
      let found = Set(step.codes.flatMap { readings(in: words(of: $0, step), step) })
      if !found.isEmpty {
        readings[step.path] = found.sorted { $0.name < $1.name }
      }
    }
  }

  /// False for a plan in which no code can get a secret.
  package static func isNeeded(_ plan: Plan) -> Bool {
    plan.environments.contains { table in
      table.meanings.values.contains {
        if case .secret = $0 { return true }
        return false
      }
    }
  }

  package func contains(_ step: StepPath, _ output: String) -> Bool {
    outputs.contains(Output(step: step, name: output))
  }

  package func contains(_ reference: OutputReference) -> Bool {
    reference.writers.contains { contains($0, reference.name) }
  }

  /// The secret outputs that the code of a step mentions.
  package func readings(of step: StepPath) -> [Reading] { readings[step] ?? [] }

  /// Everything in code that may be a name.
  package static func words(of text: String) -> Set<String> {
    Set(
      text.utf8.split { byte in
        !(byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte)
          || (97...122).contains(byte))
      }.map { String(Substring($0)) })
  }

  private mutating func mark(_ step: Step) {
    if let action = step.actionCode, takes(action, step) { takingActions.insert(step.path) }
    for output in step.outputs {
      guard let source = output.source else { continue }
      let fromAction = output.type == .string && takingActions.contains(step.path)
      if fromAction || takes(source, step) {
        outputs.insert(Output(step: step.path, name: output.name))
      }
    }
  }

  /// Whether code gets a secret, or an output that took from one.
  package func takes(_ code: Code, _ step: Step) -> Bool {
    let words = words(of: code, step)
    let meanings = environments[step.environment].meanings
    let isDirect = words.contains { word in
      if case .secret? = meanings[word] { return true }
      return false
    }
    return isDirect || !readings(in: words, step).isEmpty
  }

  /// By the words of the code, not by all names: a plan has as many outputs as it has steps.
  private func readings(in words: Set<String>, _ step: Step) -> [Reading] {
    guard !outputs.isEmpty else { return [] }
    let meanings = environments[step.environment].meanings
    func reading(_ name: String, as base: String, isList: Bool) -> Reading? {
      // A step never reads what it writes itself; the word may stand in its code all the same.
      guard case .output(let reference)? = meanings[base], contains(reference),
        !reference.writers.contains(step.path)
      else { return nil }
      return Reading(name: name, reference: reference, isList: isList)
    }
    let suffix = "_by_host"
    return words.flatMap { word in
      let list =
        word.hasSuffix(suffix)
        ? reading(word, as: String(word.dropLast(suffix.count)), isList: true) : nil
      return [reading(word, as: word, isList: false), list].compactMap { $0 }
    }
  }

  private func words(of code: Code, _ step: Step) -> Set<String> {
    let words = Self.words(of: code.text)
    return code.isShell ? words.union(shellWords[step.environment]) : words
  }
}

extension Step {
  /// The code of its action, where it has any.
  package var actionCode: Code? {
    switch action {
    case .run(let code)?, .write(_, .code(let code), _, _)?: code
    case .write(_, .text, _, _)?, .stash?, .upload?, .confirm?, nil: nil
    }
  }
}
