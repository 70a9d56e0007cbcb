/// One statement of a block, in reading order, which is execution order.
package indirect enum Statement: Codable, Hashable, Sendable {
  case step(Step)
  case scope(Scope)
  case parallel(Parallel)
  case rolling(Rolling)
  case firstOf(FirstOf)
  /// `hosts … in … from output`: resolved when a step or block that uses it starts.
  case group(GroupID)
}

/// A phase or a used part: a sequence with a name, a condition and a failure policy.
package struct Scope: Codable, Hashable, Sendable {
  package var path: StepPath
  package var name: String
  package var title: String?
  package var documentation: String = ""
  package var when: Expression?
  package var onFailure: FailurePolicy = .stop
  package var environment: Int
  package var body: [Statement] = []
  package var origin: Origin

  package init(
    path: StepPath, name: String, title: String? = nil, when: Expression? = nil,
    environment: Int, origin: Origin
  ) {
    self.path = path
    self.name = name
    self.title = title
    self.when = when
    self.environment = environment
    self.origin = origin
  }
}

/// `parallel { … }`: its branches start together, but for the edges of `after`.
package struct Parallel: Codable, Hashable, Sendable {
  package struct Branch: Codable, Hashable, Sendable {
    package var statement: Statement
    /// Indices of the branches that must have ended well before.
    package var after: [Int]

    package init(_ statement: Statement, after: [Int] = []) {
      self.statement = statement
      self.after = after
    }
  }
  package var branches: [Branch]
  package var origin: Origin

  package init(branches: [Branch], origin: Origin) {
    self.branches = branches
    self.origin = origin
  }
}

/// `rolling GROUP by N { … }`: the block for N hosts at a time; each batch is a scope.
package struct Rolling: Codable, Hashable, Sendable {
  package var group: GroupID
  package var size: Amount
  package var onFailure: FailurePolicy = .stop
  package var environment: Int
  package var body: [Statement] = []
  package var origin: Origin

  package init(group: GroupID, size: Amount, environment: Int, origin: Origin) {
    self.group = group
    self.size = size
    self.environment = environment
    self.origin = origin
  }
}

/// `first of { A B … }`: alternatives in order until one succeeds.
package struct FirstOf: Codable, Hashable, Sendable {
  package var alternatives: [Scope]
  package var origin: Origin

  package init(alternatives: [Scope], origin: Origin) {
    self.alternatives = alternatives
    self.origin = origin
  }
}

extension Plan {
  /// Calls `body` with every step in reading order.
  package func forEachStep(_ body: (Step) -> Void) {
    func visit(_ statements: [Statement]) {
      for statement in statements { visit(statement) }
    }
    func visit(_ statement: Statement) {
      switch statement {
      case .step(let step): body(step)
      case .scope(let scope): visit(scope.body)
      case .parallel(let block): for branch in block.branches { visit(branch.statement) }
      case .rolling(let rolling): visit(rolling.body)
      case .firstOf(let block): for scope in block.alternatives { visit(scope.body) }
      case .group: break
      }
    }
    visit(self.body)
  }
}
