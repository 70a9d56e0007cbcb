import RunbookCore

indirect enum DeclarationSyntax: Sendable {
  case inventory(InventorySyntax)
  case input(InputSyntax)
  case secret(SecretSyntax)
  case hosts(HostsSyntax)
  case shell(CodeSyntax, SourceRange)
  case lock(LockSyntax)
  case report(ReportSyntax)

  /// Its first word.
  var keyword: SourceRange {
    switch self {
    case .inventory(let inventory): inventory.keyword
    case .input(let input): input.keyword
    case .secret(let secret): secret.keyword
    case .hosts(let hosts): hosts.keyword
    case .shell(_, let keyword): keyword
    case .lock(let lock): lock.keyword
    case .report(let report): report.keyword
    }
  }
}

struct InventorySyntax: Sendable {
  var keyword: SourceRange
  var path: StringSyntax
  /// The column of each role: `name`, `address`, `user`, `port`.
  var columns: [String: Name] = [:]
  /// Whether its columns could not all be understood.
  var isDamaged = false
}

struct InputSyntax: Sendable {
  var keyword: SourceRange
  var name: Name
  var type: ValueType?
  var defaultValue: LiteralSyntax?
  /// Whether its type or default has been reported, so that its type is not known.
  var isUntyped = false
  var documentation: String
}

struct SecretSyntax: Sendable {
  enum Source: Sendable {
    case environment(StringSyntax)
    case file(StringSyntax, key: StringSyntax?)
    case command(CodeSyntax)
    case prompt
    case damaged
  }
  var keyword: SourceRange
  var name: Name
  var source: Source
}

struct HostsSyntax: Sendable {
  enum Selection: Sendable {
    case condition(ExpressionSyntax)
    case names([StringSyntax])
    case found(within: Name, output: Name)
    case damaged
  }
  var keyword: SourceRange
  var name: Name
  var selection: Selection
  var documentation: String
}

struct LockSyntax: Sendable {
  var keyword: SourceRange
  var text: StringSyntax
  var group: Name?
}

struct ReportSyntax: Sendable {
  var keyword: SourceRange
  var path: StringSyntax
  var section: StringSyntax?
  var language: Name?
  var group: Name?
}
