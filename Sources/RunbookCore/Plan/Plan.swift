/// A compiled runbook: what to do, on which groups of hosts, with every name resolved.
///
/// A plan is a value without behaviour of its own. It is made by `RunbookLanguage`, stored with the
/// run (a later edit of the file does not change a run in flight) and interpreted by `RunState`.
/// Parts are already put in place: the engine never sees a `use`, only scopes and environments.
package struct Plan: Codable, Hashable, Sendable {
  package var name: String
  package var title: String?
  package var documentation: String
  package var origin: Origin
  package var inventory: InventoryDeclaration?
  package var inputs: [InputDeclaration] = []
  package var secrets: [SecretDeclaration] = []
  /// Every group of the runbook, of the site file and of its parts, by its unique identifier.
  package var groups: [GroupDeclaration] = []
  package var locks: [LockDeclaration] = []
  package var reports: [ReportDeclaration] = []
  /// What names mean, shared by the steps of one scope; a step refers to one by index.
  package var environments: [NameTable] = []
  package var onFailure: FailurePolicy = .stop
  package var body: [Statement] = []
  /// What only the inventory can confirm; answered when the plan is bound.
  package var questions: [InventoryQuestion] = []

  package init(name: String, title: String? = nil, documentation: String = "", origin: Origin) {
    self.name = name
    self.title = title
    self.documentation = documentation
    self.origin = origin
  }

  package func group(_ id: GroupID) -> GroupDeclaration? { groups.first { $0.id == id } }
}

/// Something the compiler took for granted that depends on the rows of the inventory or on inputs.
package enum InventoryQuestion: Codable, Hashable, Sendable {
  /// `$host_COLUMN` is read: the inventory has that column.
  case column(String, Origin)
  /// A host of `readers` reads its own value of an output: it is one of the hosts of `writers`.
  case ownOutput(String, readers: GroupID, writers: [GroupID], Origin)
  /// Whether the input, a number or duration of some form, is more than nothing.
  case amount(String)
}

/// Where in the sources something was written. Lines and columns count from 1; columns in characters.
package struct Origin: Codable, Hashable, Sendable {
  package var file: String
  package var line: Int
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}

/// What a scope does with the failure of one of its statements.
package enum FailurePolicy: String, Codable, Hashable, Sendable {
  case stop, rollback, `continue`
}
