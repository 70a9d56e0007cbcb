/// What the names in code, strings and expressions of one scope mean.
///
/// A part's parameters, its own declarations and the site's are all resolved to one of these, so
/// that nothing after the compiler needs to know about parts.
package struct NameTable: Codable, Hashable, Sendable {
  package enum Meaning: Codable, Hashable, Sendable {
    case literal(Value)
    case input(String)
    case secret(SecretID)
    /// A group: `$db` (names) and `$db_addresses`, both made from this one entry.
    case group(GroupID)
    indirect case output(OutputReference)
  }
  package var meanings: [String: Meaning] = [:]
  /// What `shell` declared in reach: put before every piece of shell code.
  package var shell: String = ""

  package init(meanings: [String: Meaning] = [:], shell: String = "") {
    self.meanings = meanings
    self.shell = shell
  }
}

/// An output, by the steps that may write it: more than one only for alternatives of a `first of`.
package struct OutputReference: Codable, Hashable, Sendable {
  package var writers: [StepPath]
  package var name: String
  package var type: ValueType
  package var defaultValue: Value?
  /// One value for all (a step without `on`, or on a group of one by name), or one for each host.
  package var isByHost: Bool

  package init(
    writers: [StepPath], name: String, type: ValueType = .string, defaultValue: Value? = nil,
    isByHost: Bool
  ) {
    self.writers = writers
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    self.isByHost = isByHost
  }
}
