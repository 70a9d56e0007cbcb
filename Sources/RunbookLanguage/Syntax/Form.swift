/// The first words of everything that can stand in a block.
enum Form: String, CaseIterable, Sendable {
  case inventory, input, secret, hosts, shell, lock, report
  case step, phase, use, parallel, rolling, first
  case on
  case require, unless, run, write, stash, upload, confirm, check, rollback, no, output, retry
  case timeout
  case `as`, `if`
  case content, mode, owner

  /// By their first letter, so that a word is compared with few of them.
  private static let byLetter: [[(form: Form, letters: [UInt8])]] = {
    var table: [[(form: Form, letters: [UInt8])]] = Array(repeating: [], count: 256)
    for form in allCases {
      let letters = Array(form.rawValue.utf8)
      table[Int(letters[0])].append((form, letters))
    }
    return table
  }()

  static func named(_ word: String) -> Form? { named(word.utf8) }

  /// Makes no string: every word at the beginning of a line is asked.
  static func named(_ word: some Collection<UInt8>) -> Form? {
    guard let first = word.first else { return nil }
    return byLetter[Int(first)].first { word.elementsEqual($0.letters) }?.form
  }

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
