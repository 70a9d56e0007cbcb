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
    ("input a = tru\n  step s when a and a { check `true` within a }", .unexpectedToken),
    ("input a = True\n  step s when a { check `true` }", .unexpectedToken),
    ("input a: integer = 1\n  step s when a > 1 { check `true` }", .unexpectedToken),
    ("input a 5\n  step s when a > 1 { check `true` }", .unexpectedToken),
    // A word beside what it is taken for.
    ("step s { check nto `true` }", .unexpectedToken),
    ("step s { check htpt \"http://x/\" is 200 }", .unexpectedToken),
    ("step s { unless run `true` run `true` no rollback \"x\" }", .unexpectedToken),
    ("input a = 1\n  step s when a == 1 adn a < 3 { check `true` }", .unexpectedToken),
    ("input a = \"x\"\n  step s when a not in \"x y\" { check `true` }", .unexpectedToken),
    // A forgotten word before those that come after it.
    ("step s { check `true` within every 5s }", .unexpectedToken),
    ("step s { check `true` output o from }", .unexpectedToken),
    // The quotes of the line.
    ("input a = \"x\"\n  step s { confirm \"${a b\" }", .badDollar),
    ("lock app:main\"\n  step s { check `true` }", .unclosedString),
    ("/* a comment */ step s { check `true` }", .unexpectedCharacter),
    ("step s { write \"/srv/x\" { content \"a\" mode 0644 } }", .unexpectedToken),
    ("secret s from vault \"x\"\n  step a { check `test -n \"$s\"` }", .unexpectedToken),
    // What stands where it can't, with what belongs to it.
    ("phase p on here { step a { check `true` } }", .misplacedForm),
    ("phase p on here when true { step a { check `true` } }", .misplacedForm),
    ("parallel on here { step a { check `true` } }", .misplacedForm),
    ("step s { require `true` else \"y\" within 3s }", .misplacedForm),
    ("step s { require `true` within 3s every 1s }", .misplacedForm),
    ("step s { run `true` norollback \"x\" }", .unknownForm),
    ("step s { run `true` no-rollback \"x\" }", .unknownForm),
    ("step s { check `true` says hello within 3s }", .unexpectedToken),
    ("step s { check `true` says within 3s }", .unexpectedToken),
    ("step s { upload to \"/srv/x\" }", .unexpectedToken),
    ("input a = 1\n  step s when a + 1 == 2 { check `true` }", .unexpectedCharacter),
    ("input a = 1\n  step s when a + a == 2 { check `true` }", .unexpectedCharacter),
    ("input a = 1\n  step s when a 1 == 2 { check `true` }", .unexpectedToken),
    ("step s { check tcp localhost:5432 }", .unexpectedToken),
    ("if true { step a { check `true` } }", .misplacedForm),
    ("step s { write \"/srv/x\" content \"a\" }", .unexpectedToken),
    ("step s {\n    write \"/srv/x\" content \"a\" mode \"0644\"\n  }", .unexpectedToken),
    ("step s { write \"/srv/x\" content \"a\" } }", .unexpectedToken),
    ("paralel { step a { check `true` } }", .unknownForm),
    ("s { check `true` }", .unknownForm),
    ("confirmation { check `true` }\n  step b { check `true` }", .unknownForm),
  ])
  func isToldOnce(_ body: String, _ code: DiagnosticCode) {
    let file = SourceFile(name: "r.runbook", text: "runbook r {\n  \(body)\n}\n")
    let found = Compiler.compile(file: file).diagnostics
    #expect(found.map(\.code) == [code], "\(DiagnosticRenderer.render(found))")
  }
}
