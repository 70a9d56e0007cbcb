import Foundation
import RunbookTestSupport
import Testing

/// How commands end: what they say last, and with which status.
@Suite("How commands end", .serialized)
struct LastLineTests {
  private func lines(_ result: RepriseProcess.Result) -> [Substring] {
    result.text.split(separator: "\n")
  }

  @Test(.timeLimit(.minutes(1)))
  func aLockThatIsHeldIsNoStateThatCanNotBeWritten() async throws {
    let place = try Workplace()
    let go = place.directory + "/go"
    for name in ["one", "two"] {
      try place.writeRunbook(
        name,
        """
          lock "a test"
          step wait {
            run `echo x > "\(go).began"; until test -e "\(go)"; do sleep 0.1; done`
            no rollback "a test"
          }
        """)
    }
    let first = try place.start(["run", "one"])
    let isHeld = await waitUntil(.seconds(40)) {
      FileManager.default.fileExists(atPath: go + ".began")
    }
    #expect(isHeld, "\(first.outputSoFar)")
    let second = try await place.reprise("run", "two", "--reconnect-for", "10s")
    #expect(second.status == 76, "\(second.text) \(second.errorText)")
    #expect(second.errorText.contains("is held by run"), "\(second.errorText)")
    #expect(lines(second).last?.hasSuffix("reprise run two --reconnect-for 10s") ?? false)
    #expect(!second.text.contains("resume"), "\(second.text)")
    try place.write("go", "")
    #expect(try await first.wait().status == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func aRollbackThatWasAskedForEndsWellWhoeverFinishesIt() async throws {
    let place = try Workplace()
    try place.writeRunbook("work", "step one { run `true` rollback `true` }")
    #expect(try await place.reprise("run", "work").status == 0)
    let events = try await place.shell("$reprise history work --events --json | wc -l").text
    let count = try #require(Int(events.filter(\.isNumber)))
    let killed = try await place.shell(
      "REPRISE_CRASH_AFTER_EVENT=\(count + 3) $reprise rollback work >/dev/null 2>&1; echo $?")
    #expect(killed.text.contains("137"), "\(killed.text)")
    let resumed = try await place.reprise("resume", "work")
    #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
    #expect(resumed.text.contains("is rolled back"), "\(resumed.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func whatFailedIsToldAlsoAfterItsRollback() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "work",
      """
        on failure rollback
        step one { run `true` rollback `true` }
        step two { run `echo no space left >&2; exit 3` rollback `true` }
      """)
    let failed = try await place.reprise("run", "work")
    #expect(failed.status == 1)
    #expect(failed.text.contains("✗ two: the action ended with exit status 3"), "\(failed.text)")
    #expect(failed.text.contains("said    no space left"), "\(failed.text)")
    let shown = try await place.reprise("show", "work")
    #expect(shown.text.contains("✗ two: the action ended with exit status 3"), "\(shown.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func whatWasPurgedIsNeverCalledUndone() async throws {
    let place = try Workplace()
    _ = try await place.shell("mkdir -p in/data && touch in/data/file")
    try place.writeRunbook("aside", #"step aside { stash "\#(place.directory)/in/data/*" }"#)
    #expect(try await place.reprise("run", "aside").status == 0)
    let unasked = try await place.reprise("stash", "aside", "--purge")
    #expect(unasked.status == 75, "\(unasked.text) \(unasked.errorText)")
    #expect(lines(unasked).last?.contains("--purge --yes") ?? false, "\(unasked.text)")
    #expect(try await place.reprise("stash", "aside", "--purge", "--yes").status == 0)
    let undone = try await place.reprise("rollback", "aside")
    #expect(undone.status == 1, "\(undone.text) \(undone.errorText)")
    #expect(undone.text.contains("removed for good"), "\(undone.text)")
    #expect(!undone.text.contains("aside undone"), "\(undone.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func linesWithoutAnEndStandWhereTheyWerePrinted() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "work",
      """
        step one { run `printf first` no rollback "a test" }
        step two { run `echo second` no rollback "a test" }
      """)
    #expect(try await place.reprise("run", "work").status == 0)
    #expect(try await place.reprise("logs", "work").text == "one | first\ntwo | second\n")
  }

  @Test(arguments: [["help", "deny"], ["deny", "x"], ["nosuchthing"]])
  func aCommandThatThereIsNotIsUsage(_ arguments: [String]) async throws {
    let place = try Workplace()
    let refused = try await place.start(arguments).wait()
    #expect(refused.status == 64, "\(refused.text) \(refused.errorText)")
    #expect(refused.errorText.contains("approve, rollback"), "\(refused.errorText)")
  }

  @Test(.timeLimit(.minutes(1)))
  func aRunThatWaitsForAPersonIsSeenFromElsewhere() async throws {
    let place = try Workplace()
    try place.writeRunbook("ask", #"step go { confirm "go on?" }"#)
    let terminal = try TypedTerminal("$reprise run ask", in: place)
    // What is no answer is said to be none.
    try await terminal.answer("go on?", "perhaps\r")
    #expect(await waitUntil(.seconds(20)) { terminal.shown.contains("type y or n, then Enter") })
    let runs = try await place.reprise("runs")
    #expect(runs.text.contains("? waits for a person (process "), "\(runs.text)")
    let shown = try await place.reprise("show", "ask")
    #expect(shown.text.contains("? go: go on?"), "\(shown.text)")
    #expect(shown.text.contains(" go --deny"), "\(shown.text)")
    try await terminal.answer("go on?", "y\r")
    #expect(try await terminal.wait().status == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func aTerminalThatCanMoveNoCursorIsAskedToo() async throws {
    let place = try Workplace()
    try place.writeRunbook("ask", #"step go { confirm "go on?" }"#)
    let terminal = try TypedTerminal("TERM=dumb $reprise run ask", in: place)
    try await terminal.answer("type y or n", "y\r")
    let shown = try await terminal.wait()
    #expect(shown.status == 0, "\(shown.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func aNoThatNobodyTakesIsSaidToBeLost() async throws {
    let place = try Workplace()
    try place.writeRunbook("ask", #"step go { confirm "go on?" }"#)
    let waits = try await place.reprise("run", "ask")
    #expect(waits.status == 75, "\(waits.text) \(waits.errorText)")
    let denied = try await place.reprise("approve", "ask", "go", "--deny")
    #expect(denied.status == 75, "\(denied.text) \(denied.errorText)")
    #expect(denied.text.contains("your no is not recorded"), "\(denied.text)")
    #expect(lines(denied).last?.contains("reprise rollback ") ?? false, "\(denied.text)")
  }

  @Test func aFileIsNoStateDirectory() async throws {
    let place = try Workplace()
    try place.write("file", "")
    try place.writeRunbook("work", "step one { check `true` }")
    let refused = try await place.reprise("run", "work", "--state", "file")
    #expect(refused.status == 73, "\(refused.text) \(refused.errorText)")
    #expect(refused.errorText.contains("is a file: the state needs a directory"))
  }

  @Test func inputsOfTheSiteAreListedOnce() async throws {
    let place = try Workplace()
    try place.write("runbooks/site.runbook", "input base = \"/srv/base\"\n")
    for name in ["one", "two"] {
      try place.writeRunbook(name, "step look { check `test -d \"$base\"` }")
    }
    let list = try await place.reprise("list")
    #expect(list.status == 0, "\(list.text) \(list.errorText)")
    #expect(list.text.components(separatedBy: "--input base=/srv/base").count == 2, "\(list.text)")
  }
}
