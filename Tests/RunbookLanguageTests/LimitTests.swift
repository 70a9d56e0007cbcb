import LanguageFuzzing
import Testing

@testable import RunbookLanguage

/// What is too deep or too large is said, and never a crash.
@Suite struct LimitTests {
  private func codes(_ text: String, parts: [String: String] = [:]) -> [DiagnosticCode] {
    let file = SourceFile(name: "r.runbook", text: text)
    return Compiler.compile(file: file) { name in
      parts[name].map { SourceFile(name: "parts/\(name).runbook", text: $0) }
    }.diagnostics.map(\.code)
  }

  @Test(arguments: ["phase p { ", "parallel { ", "first of { ", "step a { ", "( ", "{ "])
  func deepNestingIsNoStackOverflow(_ opening: String) {
    let text = "runbook r { " + String(repeating: opening, count: 50_000)
    #expect(!codes(text).isEmpty)
  }

  @Test(arguments: ["not ", "(", "a and ", "a == ", "a or (not "])
  func deepExpressionsAreNoStackOverflow(_ opening: String) {
    let condition = String(repeating: opening, count: 50_000)
    let text = "runbook r { input a = true step s when \(condition) a { check `true` } }"
    #expect(!codes(text).isEmpty)
  }

  @Test(arguments: ["$(", "${a:-", "\"$(", "`", "$((", "case x in y) ", "<<E\n$("])
  func deepCodeIsNoStackOverflow(_ opening: String) {
    let code = String(repeating: opening, count: 20_000)
    _ = codes("runbook r {\n  step s {\n    check ```\n      \(code)\n    ```\n  }\n}\n")
  }

  @Test func partsThatMultiplyAreBounded() {
    var parts: [String: String] = [:]
    for level in 0..<30 {
      let next =
        level == 29 ? "step s { check `true` }" : "use p\(level + 1) use p\(level + 1) as x"
      parts["p\(level)"] = "part p\(level) { \(next) }"
    }
    #expect(codes("runbook r { use p0 }", parts: parts) == [.tooLarge])
  }

  @Test func mistakesAreBounded() {
    let text =
      "runbook r {\n" + String(repeating: "  stepp a { chek `true` }\n", count: 5_000) + "}"
    #expect(codes(text).count == DiagnosticList.limit)
  }

  @Test func longChainsOfAfterAreNoStackOverflow() {
    var text = "runbook r {\n  parallel {\n    step s0 { check `true` }\n"
    for index in 1..<20_000 { text += "    step s\(index) after s\(index - 1) { check `true` }\n" }
    #expect(codes(text + "  }\n}\n").isEmpty)
  }

  @Test func manyStepsCompile() {
    var generator = RunbookGenerator(seed: 3)
    #expect(
      codes(generator.runbook(steps: 2_000).replacing("runbook generated", with: "runbook r"))
        .isEmpty)
  }
}
