/// The first words of everything that can stand in a block. A number, since every word at the
/// beginning of a line is looked up and its form is asked for by every block around it.
enum Form: UInt8, CaseIterable, Sendable {
  case inventory, input, secret, hosts, shell, lock, report
  case step, phase, use, parallel, rolling, first
  case on
  case require, unless, run, write, stash, upload, confirm, check, rollback, no, output, retry
  case timeout
  case `as`, `if`
  case content, mode, owner

  var word: StaticString {
    switch self {
    case .inventory: "inventory"
    case .input: "input"
    case .secret: "secret"
    case .hosts: "hosts"
    case .shell: "shell"
    case .lock: "lock"
    case .report: "report"
    case .step: "step"
    case .phase: "phase"
    case .use: "use"
    case .parallel: "parallel"
    case .rolling: "rolling"
    case .first: "first"
    case .on: "on"
    case .require: "require"
    case .unless: "unless"
    case .run: "run"
    case .write: "write"
    case .stash: "stash"
    case .upload: "upload"
    case .confirm: "confirm"
    case .check: "check"
    case .rollback: "rollback"
    case .no: "no"
    case .output: "output"
    case .retry: "retry"
    case .timeout: "timeout"
    case .as: "as"
    case .if: "if"
    case .content: "content"
    case .mode: "mode"
    case .owner: "owner"
    }
  }

  /// By first letter and length, which hardly two forms share.
  private static let places: [[Form]] = {
    var places: [[Form]] = Array(repeating: [], count: 26 * 16)
    for form in allCases {
      let letters = Array(form.word.description.utf8)
      places[place(letters[0], letters.count)].append(form)
    }
    return places
  }()

  private static func place(_ letter: UInt8, _ length: Int) -> Int {
    Int(letter - UInt8(ascii: "a")) * 16 + length
  }

  static func named(_ word: String) -> Form? {
    let bytes = Array(word.utf8)
    return named(bytes, from: 0, to: bytes.count)
  }

  static func named(_ bytes: [UInt8], from start: Int, to end: Int) -> Form? {
    guard (1..<16).contains(end - start), isLowerLetter(bytes[start]) else { return nil }
    for form in places[place(bytes[start], end - start)]
    where form.word.stands(in: bytes, at: start) {
      return form
    }
    return nil
  }

  /// How the form is spoken of.
  var shown: String {
    if self == .on { return "`on failure`" }
    if self == .first { return "`first of`" }
    if self == .no { return "`no rollback`" }
    return self == .if ? "`if interrupted rerun`" : "`\(word)`"
  }

  /// Whether it is a statement of a sequence.
  var isStatement: Bool { BlockKind.parallel.allows(self) }
}

extension StaticString {
  /// Whether its bytes stand at an offset, which the text has room for.
  func stands(in bytes: [UInt8], at start: Int) -> Bool {
    withUTF8Buffer { letters in
      for offset in 0..<letters.count where bytes[start + offset] != letters[offset] {
        return false
      }
      return true
    }
  }
}

/// Several forms, asked whether they hold one by a single bit.
struct FormSet: Sendable {
  private var bits: UInt64 = 0

  init(_ forms: [Form] = []) {
    for form in forms { bits |= Self.bit(form) }
  }

  func contains(_ form: Form) -> Bool { bits & Self.bit(form) != 0 }

  /// False where it was in already.
  mutating func insert(_ form: Form) -> Bool {
    let isNew = !contains(form)
    bits |= Self.bit(form)
    return isNew
  }

  private static func bit(_ form: Form) -> UInt64 { 1 << UInt64(form.rawValue) }
}

/// What kind of block it is, which says what may stand in it.
enum BlockKind: Int, CaseIterable, Sendable {
  case runbook, part, site, phase, rolling, parallel, alternatives, step, rollback, write

  private static let statements: [Form] = [.step, .phase, .use, .parallel, .rolling, .first]
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

  private static let sets = allCases.map { FormSet($0.forms) }

  func allows(_ form: Form) -> Bool { Self.sets[rawValue].contains(form) }

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
