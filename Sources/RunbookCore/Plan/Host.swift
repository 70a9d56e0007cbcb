/// A row of the inventory that a group selects. Stored with the run.
package struct Host: Codable, Hashable, Sendable {
  package var name: String
  package var address: String
  package var user: String?
  package var port: Int?
  /// Every column of its row by its cleaned name: `$host_COLUMN`.
  package var columns: [String: String]

  package init(
    name: String, address: String, user: String? = nil, port: Int? = nil,
    columns: [String: String] = [:]
  ) {
    self.name = name
    self.address = address
    self.user = user
    self.port = port
    self.columns = columns
  }
}

/// The hosts and inputs that a plan was bound to when its run began. Never holds a secret.
package struct Binding: Codable, Hashable, Sendable {
  package var hosts: [Host]
  /// The members of each group that is known before the run, in inventory order.
  package var groups: [GroupID: [String]]
  package var inputs: [String: Value]

  package init(hosts: [Host] = [], groups: [GroupID: [String]] = [:], inputs: [String: Value] = [:])
  {
    self.hosts = hosts
    self.groups = groups
    self.inputs = inputs
  }

  package func host(_ name: String) -> Host? { hosts.first { $0.name == name } }
}
