import RunbookCore
import Testing

@testable import RunbookLanguage

@Suite struct InventoryTests {
  private let place = Origin(file: "r.runbook", line: 1, column: 1)

  private func inventory(_ text: String, name: String = "servers.tsv") throws -> Inventory {
    let declaration = InventoryDeclaration(path: name, origin: place)
    let (inventory, diagnostics) = Inventory.parse(
      SourceFile(name: name, text: text), declaration: declaration)
    return try #require(inventory, "\(DiagnosticRenderer.render(diagnostics))")
  }

  @Test func cleansColumns() {
    #expect(Inventory.cleaned("Docker Stack (é)") == "docker_stack____")
  }

  @Test func readsQuotedFieldsOfCSV() throws {
    let inventory = try inventory(
      "name,address,note\r\ndb1,10.0.0.1,\"a, \"\"b\"\"\nc\"\r\n\r\ndb2 , 10.0.0.2,\r\n",
      name: "servers.csv")
    #expect(inventory.rows.map(\.host.name) == ["db1", "db2"])
    #expect(inventory.rows[0].host.columns["note"] == "a, \"b\"\nc")
    #expect(inventory.rows.allSatisfy { $0.problem == nil })
  }

  @Test func readsUsersAndPorts() throws {
    let inventory = try inventory("name\taddress\tuser\tport\na\t::1\troot\t2222\nb\tx\t\t\n")
    #expect(inventory.rows[0].host.user == "root")
    #expect(inventory.rows[0].host.port == 2222)
    #expect(inventory.rows[1].host.user == nil)
    #expect(inventory.rows[1].host.port == nil)
    #expect(inventory.rows.allSatisfy { $0.problem == nil })
  }

  @Test func readsGroupsOfAnsibleThroughTheirChildren() throws {
    let text = """
      {"_meta": {"hostvars": {"db1": {"ansible_host": "10.0.0.1", "ansible_user": "é\\u00e9"}}},
       "all": {"children": ["db"]}, "db": {"hosts": ["db1", "db2"]}}
      """
    let inventory = try inventory(text, name: "hosts.json")
    #expect(inventory.rows.map(\.host.name) == ["db1", "db2"])
    #expect(inventory.rows[0].host.address == "10.0.0.1")
    #expect(inventory.rows[0].host.user == "éé")
    #expect(inventory.rows[1].host.address == "db2")
    #expect(inventory.rows[1].host.columns["groups"] == "all db")
  }

  // MARK: - Binding

  private func bind(
    _ declarations: String, _ inputs: [String: String] = [:], table: String? = nil
  ) throws -> (binding: Binding?, diagnostics: [Diagnostic]) {
    let text = "runbook r {\n  inventory \"servers.tsv\"\n\(declarations)\n}\n"
    let result = Compiler.compile(file: SourceFile(name: "r.runbook", text: text))
    let plan = try #require(result.plan, "\(DiagnosticRenderer.render(result.diagnostics))")
    let inventory = try inventory(
      table ?? "name\taddress\trole\ndb1\t10.0.0.1\tdb\ndb2\t10.0.0.2\tdb\nweb1\t10.0.0.3\tweb\n")
    return Binder.bind(plan, inventory: inventory, inputs: inputs, sources: result.sources)
  }

  @Test func groupsMayDependOnInputs() throws {
    let text = """
      input wanted: string
      input count = 2
      input wait: duration = 5s
      hosts some where role == wanted
      step a on some { check `echo $count` within wait }
      """
    let inputs = ["wanted": "web", "count": "7", "wait": "2m"]
    let (binding, diagnostics) = try bind(text, inputs)
    #expect(diagnostics.isEmpty)
    #expect(binding?.groups == ["some": ["web1"]])
    #expect(binding?.hosts.map(\.name) == ["web1"])
    #expect(
      binding?.inputs
        == ["wanted": .string("web"), "count": .int(7), "wait": .duration(120_000)])
  }

  @Test func aColumnWinsOverAnInput() throws {
    let text = """
      input role = "web"
      hosts some where role == "db"
      step a on some { check `echo $role` }
      """
    #expect(try bind(text).binding?.groups == ["some": ["db1", "db2"]])
  }

  @Test func inputsAreChecked() throws {
    let text = """
      input needed: string
      input count = 2
      step a { check `echo $needed $count` }
      """
    let codes = try bind(text, ["count": "two", "cuont": "1"]).diagnostics.map(\.code)
    #expect(Set(codes) == [.unknownInput, .badInput, .missingInput])
    let renderings = try bind(text, ["needed": "x", "cuont": "1"]).diagnostics.map(\.help)
    #expect(renderings == ["did you mean `count`?"])
  }

  @Test func inputsThatCountAreMoreThanNothing() throws {
    let text = """
      input tries = 3
      input pause = 2s
      step a { run `true` retry tries every pause no rollback "a test" }
      """
    #expect(try bind(text, ["tries": "1", "pause": "1ms"]).diagnostics.isEmpty)
    let diagnostics = try bind(text, ["tries": "0", "pause": "0s"]).diagnostics
    #expect(diagnostics.map(\.code) == [.badInput, .badInput])
  }

  @Test func rowsThatNobodySelectsAreOneWarning() throws {
    let text = "hosts some where role == \"db\"\nstep a on some { check `true` }"
    let table = "name\taddress\trole\ndb1\t10.0.0.1\tdb\nweb1\t\tweb\nweb2\n"
    let (binding, diagnostics) = try bind(text, table: table)
    #expect(binding?.groups == ["some": ["db1"]])
    #expect(diagnostics.map(\.code) == [.skippedRows])
    #expect(diagnostics.allSatisfy { !$0.isError })
  }

  @Test func aSelectedRowInErrorStopsTheRun() throws {
    let text = "hosts some where role != \"web\"\nstep a on some { check `true` }"
    let table = "name\taddress\trole\ndb1\t10.0.0.1\tdb\ndb1\t10.0.0.2\tdb\n"
    let (binding, diagnostics) = try bind(text, table: table)
    #expect(binding == nil)
    #expect(diagnostics.map(\.code) == [.duplicateHost])
  }

  @Test(arguments: ["n", "d"])
  func theLeastNumberIsTooLarge(_ name: String) throws {
    let declarations = """
      input n = 1
      input d = 1s
      hosts db is "db1"
      step a on db when n > 1 and d > 1s { check `true` }
      """
    let text = "-9223372036854775808" + (name == "d" ? "ms" : "")
    let (binding, diagnostics) = try bind(declarations, [name: text])
    #expect(binding == nil)
    #expect(diagnostics.map(\.code) == [.badInput])
  }
}
