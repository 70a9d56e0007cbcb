import RunbookCore

/// An inventory in the JSON that `ansible-inventory --list` prints.
///
/// Its columns are the variables of the hosts, `name`, and `groups`: the names of the groups that a
/// host is in, directly or through their children, so that `where "db" in groups` works.
enum AnsibleInventory {
  static func parse(
    _ file: SourceFile, declaration: InventoryDeclaration
  ) -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    let root: JSONValue
    switch JSONValue.parse(file) {
    case .failure(let diagnostic): return (nil, [diagnostic])
    case .success(let value): root = value
    }
    guard case .object(let groups) = root else {
      return (nil, [unreadable(file, "this JSON is no object")])
    }
    let variables = root["_meta"]?["hostvars"]?.members ?? [:]
    let membership = membership(groups)
    var names = Set(variables.keys)
    names.formUnion(membership.keys)
    guard !names.isEmpty else {
      return (nil, [unreadable(file, "this JSON lists no hosts")])
    }
    var inventory = Inventory(file: file, columns: [])
    var columns: Set<String> = ["name", "groups"]
    var rules = HostRules(file)
    for name in names.sorted() {
      var values: [String: String] = [:]
      for (key, value) in variables[name]?.members ?? [:] {
        if let text = value.text { values[Inventory.cleaned(key)] = text }
      }
      values["groups"] = (membership[name] ?? []).sorted().joined(separator: " ")
      values["name"] = values["name"] ?? name
      columns.formUnion(values.keys)
      let address =
        declaration.addressColumn.map { values[$0] ?? "" } ?? values["ansible_host"] ?? name
      let port = values[declaration.portColumn ?? "ansible_port"] ?? ""
      var host = Host(name: name, address: address, columns: values)
      host.user = values[declaration.userColumn ?? "ansible_user"]
      host.port = HostRules.port(port)
      // The file has no line for a host; its beginning stands for it.
      let range = SourceRange(0, 0)
      let problem = rules.problem(host, port: port, at: range)
      inventory.rows.append(.init(host: host, range: range, problem: problem))
    }
    inventory.columns = columns.sorted()
    return (inventory, [])
  }

  /// The groups of each host; those of children belong to their parents too.
  private static func membership(_ groups: [String: JSONValue]) -> [String: Set<String>] {
    var result: [String: Set<String>] = [:]
    for group in groups.keys where group != "_meta" {
      var seen: Set<String> = []
      var waiting = [group]
      while let name = waiting.popLast() {
        guard seen.insert(name).inserted, let content = groups[name] else { continue }
        for host in content["hosts"]?.elements ?? [] {
          if let text = host.text { result[text, default: []].insert(group) }
        }
        waiting += (content["children"]?.elements ?? []).compactMap(\.text)
      }
    }
    return result
  }

  private static func unreadable(_ file: SourceFile, _ summary: String) -> Diagnostic {
    Diagnostic(
      .inventoryFormat, summary, at: Place(file, SourceRange(0, 0)),
      help: "write what `ansible-inventory --list` prints into the file")
  }
}
