import LanguageFuzzing
import Testing

@testable import RunbookLanguage

@Suite struct FormatterTests {
  @Test(arguments: Fixture.all)
  func formattingAgainChangesNothing(_ name: String) throws {
    let source = try #require(Fixture(name: name).source)
    guard let text = Formatter.format(source).text else { return }
    #expect(Formatter.format(SourceFile(name: source.name, text: text)).text == text)
  }

  @Test(arguments: Fixture.all)
  func formattingKeepsThePlan(_ name: String) throws {
    let fixture = Fixture(name: name)
    let source = try #require(fixture.source)
    guard let plan = fixture.compile()?.plan, let text = Formatter.format(source).text else {
      return
    }
    let other = fixture.compile(SourceFile(name: source.name, text: text))
    let formatted = try #require(other?.plan)
    #expect(LanguageProbe.withoutPlaces(plan) == LanguageProbe.withoutPlaces(formatted))
  }

  @Test(arguments: 0..<20)
  func formattingKeepsThePlanOfGeneratedRunbooks(_ seed: Int) throws {
    var generator = RunbookGenerator(seed: UInt64(seed))
    try LanguageProbe(parts: [:]).check(Array(generator.runbook(steps: 30).utf8))
  }

  @Test func keepsThePlanWhereWordsStandClose() throws {
    let text = """
      runbook r {
        input count = 3
        step s { check http "http://127.0.0.1/"is 204 check(count<9)or not(count == 4)within 5s }
      }
      """
    try LanguageProbe(parts: [:]).check(Array(text.utf8))
    let plan = Compiler.compile(file: SourceFile(name: "r.runbook", text: text)).plan
    let json = LanguageProbe.withoutPlaces(try #require(plan))
    #expect(json.contains(#""text":"(count < 9) or not (count == 4)"#))
  }

  @Test func keepsCommentsAndBreaksLongLines() throws {
    let text = """
      // first
      runbook r   "T" {   // opens
      on failure   stop


      // own line
      hosts many is "a-very-long-name-01","a-very-long-name-02","a-very-long-name-03","a-very-long-name-04","x"
      step a on many{check `true` within 5s // why
      every 1s}
        step b{run ```
            one
              two

            three
        ```
        no rollback "x"} // closes
      }
      // last
      """
    let expected = """
      // first
      runbook r "T" {  // opens
        on failure stop

        // own line
        hosts many is "a-very-long-name-01", "a-very-long-name-02", "a-very-long-name-03",
            "a-very-long-name-04", "x"
        step a on many {
          check `true` within 5s  // why
              every 1s
        }
        step b {
          run ```
            one
              two

            three
          ```
          no rollback "x"
        }  // closes
      }
      // last

      """
    #expect(Formatter.format(SourceFile(name: "r.runbook", text: text)).text == expected)
  }
}
