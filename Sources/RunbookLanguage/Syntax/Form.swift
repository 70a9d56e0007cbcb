/// The first words of everything that can stand in a block.
enum Form: String, CaseIterable, Sendable {
  case inventory, input, secret, hosts, shell, lock, report
  case step, phase, use, parallel, rolling, first
  case on
  case require, unless, run, write, stash, upload, confirm, check, rollback, no, output, retry
  case timeout
  case `as`, `if`
  case content, mode, owner

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  static func named(_ word: String) -> Form? { byName[word] }

  /// How the form is spoken of.
  var shown: String {
    if self == .on { return "`on failure`" }
    if self == .first { return "`first of`" }
    if self == .no { return "`no rollback`" }
    return self == .if ? "`if interrupted rerun`" : "`\(rawValue)`"
  }

  /// Whether it is a statement of a sequence.
  var isStatement: Bool { BlockKind.statements.contains(self) }
}

/// What kind of block it is, which says what may stand in it.
enum BlockKind: Sendable {
  case runbook, part, site, phase, rolling, parallel, alternatives, step, rollback, write

  fileprivate static let statements: [Form] = [.step, .phase, .use, .parallel, .rolling, .first]
  private static let ofRunbook: [Form] =
    [.inventory, .input, .secret, .hosts, .shell, .lock, .report, .on] + statements
  private static let ofPart: [Form] = [.secret, .hosts, .shell, .lock, .on] + statements
  private static let ofSite: [Form] = [.inventory, .input, .secret, .hosts, .shell, .lock]
  private static let ofSequence: [Form] = [.hosts, .on] + statements
  private static let ofAlternatives: [Form] = [.phase, .use]
  private static let ofStep: [Form] = [
    .require, .unless, .run, .write, .stash, .upload, .confirm, .check, .rollback, .no, .output,
    .retry, .timeout, .as, .if, .on,
  ]
  private static let ofRollback: [Form] = [.run, .check]
  private static let ofWrite: [Form] = [.content, .mode, .owner]

  var forms: [Form] {
    switch self {
    case .runbook: Self.ofRunbook
    case .part: Self.ofPart
    case .site: Self.ofSite
    case .phase, .rolling: Self.ofSequence
    case .parallel: Self.statements
    case .alternatives: Self.ofAlternatives
    case .step: Self.ofStep
    case .rollback: Self.ofRollback
    case .write: Self.ofWrite
    }
  }

  func allows(_ form: Form) -> Bool { forms.contains(form) }

  /// How a block of the kind is spoken of.
  var shown: String {
    switch self {
    case .runbook: "a runbook"
    case .part: "a part"
    case .site: "the site file"
    case .phase: "a phase"
    case .rolling: "a `rolling` block"
    case .parallel: "a `parallel` block"
    case .alternatives: "a `first of` block"
    case .step: "a step"
    case .rollback: "a `rollback` block"
    case .write: "a `write` block"
    }
  }
}
