import RunbookCore

/// Shared, since trees are handed about a lot and statements are large.
final class Shared<Value: Sendable>: Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}

enum StatementSyntax: Sendable {
  case step(Shared<StepSyntax>)
  case phase(Shared<PhaseSyntax>)
  case use(Shared<UseSyntax>)
  case parallel(Shared<BlockSyntax>, keyword: SourceRange)
  case rolling(Shared<RollingSyntax>)
  case firstOf(Shared<BlockSyntax>, keyword: SourceRange)
  /// `hosts … in … from output`.
  case found(Shared<HostsSyntax>)

  var keyword: SourceRange {
    switch self {
    case .step(let step): step.value.keyword
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
    case .step(let step): step.value.name
    case .phase(let phase): phase.value.name
    case .use(let use): use.value.alias ?? use.value.part
    case .parallel, .rolling, .firstOf, .found: nil
    }
  }
}

struct PhaseSyntax: Sendable {
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

struct RollingSyntax: Sendable {
  var keyword: SourceRange
  var group: Name
  var size: AmountSyntax
  var body = BlockSyntax()
}

struct StepSyntax: Sendable {
  var keyword: SourceRange
  var name: Name
  var title: StringSyntax?
  var group: Name?
  var after: [Name] = []
  var when: ExpressionSyntax?
  var documentation: String
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

struct CheckSyntax: Sendable {
  enum Subject: Sendable {
    case code(CodeSyntax, says: StringSyntax?)
    case tcp(StringSyntax)
    case http(StringSyntax, status: LiteralSyntax?, says: StringSyntax?)
    case expression(ExpressionSyntax)
    case damaged
  }
  var subject: Subject
  var isNegated = false
  var within: AmountSyntax?
  var every: AmountSyntax?
  var isLasting = false
  var remedy: StringSyntax?
  /// From `not` to the end of the subject, without `within` and its like.
  var range: SourceRange
  /// What stands there with the blanks that the formatter puts between words; empty for code.
  var words = ""
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
