/// `inventory "F" { name COL address COL … }`. Column names are already lower-cased and cleaned.
package struct InventoryDeclaration: Codable, Hashable, Sendable {
  package var path: String
  package var nameColumn: String?
  package var addressColumn: String?
  package var userColumn: String?
  package var portColumn: String?
  package var origin: Origin

  package init(
    path: String, nameColumn: String? = nil, addressColumn: String? = nil,
    userColumn: String? = nil, portColumn: String? = nil, origin: Origin
  ) {
    self.path = path
    self.nameColumn = nameColumn
    self.addressColumn = addressColumn
    self.userColumn = userColumn
    self.portColumn = portColumn
    self.origin = origin
  }
}

/// `input NAME [: TYPE] [= default]`; without a default it must be given.
package struct InputDeclaration: Codable, Hashable, Sendable {
  package var name: String
  package var type: ValueType
  package var defaultValue: Value?
  package var documentation: String
  package var origin: Origin

  package init(
    name: String, type: ValueType, defaultValue: Value?, documentation: String = "", origin: Origin
  ) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    self.documentation = documentation
    self.origin = origin
  }
}

/// `secret NAME from …`; its value is read when needed and never stored.
package struct SecretDeclaration: Codable, Hashable, Sendable {
  package enum Source: Codable, Hashable, Sendable {
    case environment(String)
    case file(String, key: String?)
    case command(Code)
    case prompt
  }
  /// Unique in the plan: the declared name, with its scope's path before it where parts declare it.
  package var id: SecretID
  package var name: String
  package var source: Source
  /// What names in the code of a command mean.
  package var environment: Int
  package var origin: Origin

  package init(
    id: SecretID, name: String, source: Source, environment: Int = 0, origin: Origin
  ) {
    self.id = id
    self.name = name
    self.source = source
    self.environment = environment
    self.origin = origin
  }
}

/// `hosts NAME where EXPR | is "h", … | in GROUP from output O`.
package struct GroupDeclaration: Codable, Hashable, Sendable {
  package enum Selection: Codable, Hashable, Sendable {
    case condition(Expression)
    case names([String])
    /// Found while running: names in an output, each a member of the group.
    case found(within: GroupID, output: OutputReference)
  }
  package var id: GroupID
  package var name: String
  package var selection: Selection
  package var documentation: String
  /// What names in the condition mean that are no columns of the inventory.
  package var environment: Int
  package var origin: Origin

  package init(
    id: GroupID, name: String, selection: Selection, documentation: String = "",
    environment: Int = 0, origin: Origin
  ) {
    self.id = id
    self.name = name
    self.selection = selection
    self.documentation = documentation
    self.environment = environment
    self.origin = origin
  }
}

/// `lock "text" [on GROUP]`, held from the first event to the last.
package struct LockDeclaration: Codable, Hashable, Sendable {
  package var name: Template
  package var group: GroupID?
  /// What names in the text mean.
  package var environment: Int
  package var origin: Origin

  package init(name: Template, group: GroupID?, environment: Int = 0, origin: Origin) {
    self.name = name
    self.group = group
    self.environment = environment
    self.origin = origin
  }
}

/// `report "PATH" [section "S"] [language en|fr] [on GROUP]`.
package struct ReportDeclaration: Codable, Hashable, Sendable {
  package var path: Template
  package var section: String?
  package var language: String
  package var group: GroupID?
  /// What names in the path mean.
  package var environment: Int
  package var origin: Origin

  package init(
    path: Template, section: String?, language: String, group: GroupID?, environment: Int = 0,
    origin: Origin
  ) {
    self.path = path
    self.section = section
    self.language = language
    self.group = group
    self.environment = environment
    self.origin = origin
  }
}

package typealias GroupID = String
package typealias SecretID = String
/// The path of a step through its phases and uses: `precheck/docker`.
package typealias StepPath = String
