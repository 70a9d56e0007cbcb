import Testing

@testable import RunbookLanguage

/// One mistake gives one diagnostic, also where it takes something with it that others need.
@Suite struct OneMistakeTests {
  @Test(arguments: [
    // What closes the block stands in the code.
    ("step a { check `true }\n  step b { check `true` }", DiagnosticCode.unclosedCode),
    ("step a { check `true }", .unclosedCode),
    ("phase p { step a { check `true } }\n  step b { check `true` }", .unclosedCode),
    // What opens it stands in the string.
    ("step a \"title {\n    check `true`\n  }", .unclosedString),
    ("step a \"title { check `true` }\n  step b { check `true` }", .unclosedString),
    ("step a { write \"/tmp/x { content \"a\" }\n  }", .unclosedString),
    // A wrong word where one of a few has to stand.
    ("report \"/tmp/x.md\" language de\n  step a { check `true` }", .unexpectedToken),
    ("on failure retry\n  step a { check `true` }", .unexpectedToken),
    ("secret s from vault \"x\"\n  step a { check `test -n \"$s\"` }", .unexpectedToken),
  ])
  func isToldOnce(_ body: String, _ code: DiagnosticCode) {
    let file = SourceFile(name: "r.runbook", text: "runbook r {\n  \(body)\n}\n")
    let found = Compiler.compile(file: file).diagnostics
    #expect(found.map(\.code) == [code], "\(DiagnosticRenderer.render(found))")
  }
}
