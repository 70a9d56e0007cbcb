/// Which outputs of a plan took from a secret: their values are secrets too.
///
/// An output did when the code that gives it, or the action of its step, mentions a secret or an
/// output that did. Only code that mentions a secret gets it, so nothing else can have.
package struct SecretFlow: Sendable {
  /// A secret output that code mentions.
  package struct Reading: Hashable, Sendable {
    /// As it stands in the code.
    package var name: String
    package var reference: OutputReference
    /// As `$NAME_by_host`: the values of all hosts.
    package var isList: Bool
  }

  /// Of whatever host.
  package private(set) var outputs: Set<OutputSlot> = []
  /// Steps whose action gets a secret.
  package private(set) var takingActions: Set<StepPath> = []
  private var readings: [StepPath: [Reading]] = [:]

  private enum Mention: Sendable {
    case secret
    case output(Reading)
  }
  /// What of a step may hand a secret on; a whole step is much to copy.
  private struct Giver {
    var path: StepPath
    var environment: Int
    var action: Code?
    var outputs: [OutputDeclaration]

    init(_ step: Step, _ action: Code?) {
      path = step.path
      environment = step.environment
      self.action = action
      outputs = step.outputs
    }
  }
  /// What a name means to the code of one environment.
  private struct Reader: Sendable {
    var environment: Int
    var name: String
    var reference: OutputReference
  }
  /// By environment: the words that hand over a secret.
  private var words: [WordTable] = []
  /// By the numbers of the words.
  private var mentions: [Mention] = []
  /// By environment: those of them that stand in the functions before its code.
  private var shellMentions: [[Mention]] = []
  private var shellWords: [Set<String>] = []
  /// The names under which an output is read; made once the first one takes from a secret.
  private var readers: [OutputSlot: [Reader]]?

  /// Nothing takes from a secret.
  package init() {}

  package init(_ plan: Plan) {
    guard Self.isNeeded(plan) else { return }
    prepare(plan)
    var givers: [Giver] = []
    plan.forEachStep { step in
      let action = step.actionCode
      if action != nil || !step.outputs.isEmpty { givers.append(Giver(step, action)) }
    }
    // An output is read after it was written, but parts may stand in any order in a plan by hand.
    var known = -1
    while known < outputs.count + takingActions.count {
      known = outputs.count + takingActions.count
      for giver in givers { mark(giver, in: plan) }
    }
    guard !outputs.isEmpty else { return }
    plan.forEachStep { step in
      var found: Set<Reading> = []
      for code in step.codes {
        forEachMention(in: code, of: step.path, step.environment) {
          if case .output(let reading) = $0 { found.insert(reading) }
        }
      }
      if !found.isEmpty { readings[step.path] = found.sorted { $0.name < $1.name } }
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
    outputs.contains(OutputSlot(step: step, name: output))
  }

  package func contains(_ reference: OutputReference) -> Bool {
    reference.writers.contains { contains($0, reference.name) }
  }

  /// The secret outputs that the code of a step mentions.
  package func readings(of step: StepPath) -> [Reading] { readings[step] ?? [] }

  /// Everything in code that may be a name.
  package static func words(of text: String) -> Set<String> {
    Set(text.utf8.split { !isWordByte($0) }.map { String(Substring($0)) })
  }

  // MARK: - Finding out

  private mutating func prepare(_ plan: Plan) {
    var wordsOfShell: [String: Set<String>] = [:]
    for table in plan.environments {
      let known = wordsOfShell[table.shell] ?? Self.words(of: table.shell)
      wordsOfShell[table.shell] = known
      shellWords.append(known)
      words.append(WordTable())
      shellMentions.append([])
    }
    for (environment, table) in plan.environments.enumerated() {
      for (name, meaning) in table.meanings {
        if case .secret = meaning { add(name, .secret, to: environment) }
      }
    }
  }

  private mutating func add(_ word: String, _ mention: Mention, to environment: Int) {
    words[environment].add(word, mentions.count)
    mentions.append(mention)
    if shellWords[environment].contains(word) { shellMentions[environment].append(mention) }
  }

  private mutating func mark(_ step: Giver, in plan: Plan) {
    if let action = step.action, takes(action, step) { takingActions.insert(step.path) }
    for output in step.outputs {
      guard let source = output.source else { continue }
      let fromAction = output.type == .string && takingActions.contains(step.path)
      if fromAction || takes(source, step) {
        insert(OutputSlot(step: step.path, name: output.name), in: plan)
      }
    }
  }

  /// From now on the code that mentions the output takes from a secret.
  private mutating func insert(_ output: OutputSlot, in plan: Plan) {
    guard outputs.insert(output).inserted else { return }
    let all = readers ?? Self.readers(in: plan)
    readers = all
    for reader in all[output] ?? [] {
      let reading = Reading(name: reader.name, reference: reader.reference, isList: false)
      add(reader.name, .output(reading), to: reader.environment)
      guard reader.reference.isByHost else { continue }
      let list = Reading(
        name: reader.name + "_by_host", reference: reader.reference, isList: true)
      add(list.name, .output(list), to: reader.environment)
    }
  }

  private static func readers(in plan: Plan) -> [OutputSlot: [Reader]] {
    var readers: [OutputSlot: [Reader]] = [:]
    for (environment, table) in plan.environments.enumerated() {
      for (name, meaning) in table.meanings {
        guard case .output(let reference) = meaning else { continue }
        for writer in reference.writers {
          readers[OutputSlot(step: writer, name: reference.name), default: []].append(
            Reader(environment: environment, name: name, reference: reference))
        }
      }
    }
    return readers
  }

  /// Whether code gets a secret, or an output that took from one.
  private func takes(_ code: Code, _ step: Giver) -> Bool {
    var isTaking = false
    forEachMention(in: code, of: step.path, step.environment) { _ in isTaking = true }
    return isTaking
  }

  private func forEachMention(
    in code: Code, of step: StepPath, _ environment: Int, _ body: (Mention) -> Void
  ) {
    func pass(_ mention: Mention) {
      switch mention {
      case .secret: body(mention)
      case .output(let reading):
        // A step never reads what it writes itself; the word may stand in its code all the same.
        if !reading.reference.writers.contains(step) { body(mention) }
      }
    }
    words[environment].forEach(in: code.text) { pass(mentions[$1]) }
    if code.isShell { shellMentions[environment].forEach(pass) }
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
