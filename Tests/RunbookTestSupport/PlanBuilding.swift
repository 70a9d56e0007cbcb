import RunbookCore

/// Plans made by hand, for tests of what comes after the compiler.
package enum TestPlan {
  package static let origin = Origin(file: "test.runbook", line: 1, column: 1)

  package static func make(_ body: [Statement], onFailure: FailurePolicy = .stop) -> Plan {
    var plan = Plan(name: "test", origin: origin)
    plan.environments = [
      NameTable(meanings: ["db": .group("db")])
    ]
    plan.groups = [GroupDeclaration(id: "db", name: "db", selection: .names([]), origin: origin)]
    plan.onFailure = onFailure
    plan.body = body
    return plan
  }

  package static func binding(hosts count: Int) -> Binding {
    let names = (1...max(count, 1)).map { "db\($0)" }
    return Binding(
      hosts: names.map { Host(name: $0, address: "127.0.0.1") }, groups: ["db": names])
  }

  /// A step whose action is the script of its own path.
  package static func step(
    _ path: String, on group: GroupID? = "db", run: String? = nil, check: String? = nil,
    within: Int? = nil, rollback: String? = nil, _ change: (inout Step) -> Void = { _ in }
  ) -> Statement {
    var step = Step(
      path: path, name: path.split(separator: "/").last.map(String.init) ?? path, environment: 0,
      origin: origin)
    step.group = group
    step.action = .run(code(run ?? path))
    if let check { step.checks = [self.check(check, within: within)] }
    step.rollback = rollback.map { .code(code($0), checks: []) } ?? .refused("a test")
    change(&step)
    return .step(step)
  }

  package static func phase(
    _ path: String, onFailure: FailurePolicy = .stop, _ body: [Statement]
  ) -> Statement {
    .scope(scope(path, onFailure: onFailure, body))
  }

  package static func scope(
    _ path: String, onFailure: FailurePolicy = .stop, _ body: [Statement]
  ) -> Scope {
    var scope = Scope(path: path, name: path, environment: 0, origin: origin)
    scope.onFailure = onFailure
    scope.body = body
    return scope
  }

  package static func code(_ text: String) -> Code { Code(text: text, origin: origin) }

  package static func check(_ text: String, within: Int? = nil) -> Check {
    var check = Check(subject: .code(code(text), says: nil), text: "`\(text)`", origin: origin)
    check.within = within.map(Amount.literal)
    return check
  }
}
