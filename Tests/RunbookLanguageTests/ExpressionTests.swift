import RunbookCore
import Testing

@testable import RunbookLanguage

@Suite struct ExpressionTests {
  /// Compiles the condition of a step and evaluates it over the defaults of the inputs.
  private func value(_ condition: String) throws -> Value? {
    let text = """
      runbook r {
        input n = 3
        input d = 90s
        input s = "a b c"
        input yes = true
        step use { check `echo $n $d $s $yes` }
        step asked when \(condition) { check `true` }
      }
      """
    let result = Compiler.compile(file: SourceFile(name: "r.runbook", text: text))
    let plan = try #require(result.plan, "\(DiagnosticRenderer.render(result.diagnostics))")
    guard case .step(let step)? = plan.body.last, let when = step.when else { return nil }
    return when.evaluate { reference in
      guard case .name(let name) = reference else { return nil }
      return plan.inputs.first { $0.name == name }?.defaultValue
    }
  }

  @Test(arguments: [
    ("n == 3", true), ("n != 3", false), ("n < 4 and n >= 3", true), ("d > 1m", true),
    ("d <= 90000ms", true), ("\"b\" in s", true), ("\"a b\" in s", false), ("not yes", false),
    ("not n == 3 or yes", true), ("yes and not (n > 5 or d == 1h)", true), ("true", true),
    // `and` binds tighter than `or`, and comparisons tighter than `not`.
    ("yes or yes and false", true), ("(yes or yes) and false", false), ("not n == 4", true),
    ("-1 < n", true), ("s == \"a b c\"", true),
  ])
  func evaluates(_ condition: String, _ expected: Bool) throws {
    #expect(try value(condition) == .bool(expected))
  }
}
