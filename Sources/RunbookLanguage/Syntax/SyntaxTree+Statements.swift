import RunbookCore

/// Shared, since trees are handed about a lot and statements are large.
final class Shared<Value> {
  let value: Value

  init(_ value: Value) { self.value = value }
}

enum StatementSyntax {
  case step(StepSyntax)
  case phase(Shared<PhaseSyntax>)
  case use(Shared<UseSyntax>)
  case parallel(Shared<BlockSyntax>, keyword: SourceRange)
  case rolling(Shared<RollingSyntax>)
  case firstOf(Shared<BlockSyntax>, keyword: SourceRange)
  /// `hosts … in … from output`.
  case found(Shared<HostsSyntax>)

  var keyword: SourceRange {
    switch self {
    case .step(let step): step.keyword
    case .phase(let phase): phase.value.keyword
    case .use(let use): use.value.keyword
    case .parallel(_, let keyword), .firstOf(_, let keyword): keyword
    case .rolling(let rolling): rolling.value.keyword
    case .found(let hosts): hosts.value.keyword
    }
  }

  /// The name by which `after` and paths speak of it.
  var name: Name? {
    switch self {
    case .step(let step): step.name
    case .phase(let phase): phase.value.name
    case .use(let use): use.value.alias ?? use.value.part
    case .parallel, .rolling, .firstOf, .found: nil
    }
  }
}

struct PhaseSyntax {
  var keyword: SourceRange
  var name: Name
  var title: StringSyntax?
  var when: ExpressionSyntax?
  var documentation: String
  var body = BlockSyntax()
}

struct UseSyntax: Sendable {
  struct Argument: Sendable {
    enum Value: Sendable {
      case literal(LiteralSyntax)
      case name(Name)
    }
    var name: Name
    var value: Value
  }
  var keyword: SourceRange
  var part: Name
  var arguments: [Argument] = []
  var alias: Name?
  var when: ExpressionSyntax?
  var documentation: String
  /// Whether its arguments could not all be understood.
  var isDamaged = false
}

struct RollingSyntax {
  var keyword: SourceRange
  var group: Name
  var size: AmountSyntax
  var body = BlockSyntax()
}

/// A class, since it is large: it is filled while it is parsed, and not changed any more.
final class StepSyntax {
  let keyword: SourceRange
  let name: Name
  var title: StringSyntax?
  var group: Name?
  var after: [Name] = []
  var when: ExpressionSyntax?
  let documentation: String
  /// The braces.
  var range = SourceRange(0, 0)

  var requires: [CheckSyntax] = []
  var unless: [CheckSyntax] = []
  var action: ActionSyntax?
  var checks: [CheckSyntax] = []
  var rollback: RollbackSyntax?
  var outputs: [OutputSyntax] = []
  var retry: RetrySyntax?
  var timeout: TimeoutSyntax?
  var user: StringSyntax?
  var rerunIfInterrupted: SourceRange?
  var onFailure: FailurePolicy?
  var isDamaged = false

  init(keyword: SourceRange, name: Name, documentation: String) {
    self.keyword = keyword
    self.name = name
    self.documentation = documentation
  }
}

enum ActionSyntax: Sendable {
  case run(CodeSyntax, keyword: SourceRange)
  indirect case write(WriteSyntax)
  case stash([StringSyntax], to: StringSyntax?, keyword: SourceRange)
  case upload(StringSyntax, to: StringSyntax, keyword: SourceRange)
  case confirm(StringSyntax, keyword: SourceRange)

  var keyword: SourceRange {
    switch self {
    case .run(_, let keyword), .stash(_, _, let keyword), .upload(_, _, let keyword),
      .confirm(_, let keyword):
      keyword
    case .write(let write): write.keyword
    }
  }
}

struct WriteSyntax: Sendable {
  enum Content: Sendable {
    case code(CodeSyntax)
    case text(StringSyntax)
  }
  var keyword: SourceRange
  var path: StringSyntax
  var content: Content?
  var mode: StringSyntax?
  var owner: StringSyntax?
  var isDamaged = false
}

/// A class, since it is large and only handed on.
final class CheckSyntax: Sendable {
  enum Subject: Sendable {
    case code(CodeSyntax, says: StringSyntax?)
    case tcp(StringSyntax)
    case http(StringSyntax, status: LiteralSyntax?, says: StringSyntax?)
    case expression(ExpressionSyntax)
    case damaged
  }
  let subject: Subject
  let isNegated: Bool
  let within: AmountSyntax?
  let every: AmountSyntax?
  let isLasting: Bool
  let remedy: StringSyntax?
  /// From `not` to the end of the subject, without `within` and its like.
  let range: SourceRange
  /// What stands there with the blanks that the formatter puts between words; empty for code.
  let words: String

  init(
    subject: Subject, isNegated: Bool, within: AmountSyntax?, every: AmountSyntax?,
    isLasting: Bool, remedy: StringSyntax?, range: SourceRange, words: String
  ) {
    self.subject = subject
    self.isNegated = isNegated
    self.within = within
    self.every = every
    self.isLasting = isLasting
    self.remedy = remedy
    self.range = range
    self.words = words
  }
}

enum RollbackSyntax: Sendable {
  case code(CodeSyntax, checks: [CheckSyntax], keyword: SourceRange)
  case refused(StringSyntax, keyword: SourceRange)
  case damaged

  var keyword: SourceRange? {
    switch self {
    case .code(_, _, let keyword), .refused(_, let keyword): keyword
    case .damaged: nil
    }
  }
}

struct OutputSyntax: Sendable {
  var name: Name
  var type: ValueType?
  var defaultValue: LiteralSyntax?
  /// Whether its type or default has been reported, so that its type is not known.
  var isUntyped = false
  var source: CodeSyntax?
}

struct TimeoutSyntax: Sendable {
  var keyword: SourceRange
  var amount: AmountSyntax
}

struct RetrySyntax: Sendable {
  var keyword: SourceRange
  var attempts: AmountSyntax
  var every: AmountSyntax?
  var upTo: AmountSyntax?
}
