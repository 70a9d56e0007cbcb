import Foundation
import RunbookTestSupport
import Testing

/// What a person is told to type does what it says, and only that.
@Suite("Advice")
struct AdviceTests {
  /// The command of the last line, as it is copied: without the words before it.
  private func advised(_ said: String) throws -> String {
    let command = try #require(said.split(separator: "\n").last { $0.contains("reprise ") })
    return "$reprise " + command[try #require(command.range(of: "reprise ")).upperBound...]
  }

  /// Two steps of one name, both in doubt, since their action killed its own supervisor.
  private static let twins = """
      parallel {
        step one { run `echo one >> trace; kill -9 "$PPID"` no rollback "a test" }
        phase p { step one { run `echo p >> trace; kill -9 "$PPID"` no rollback "a test" } }
      }
    """

  @Test(.timeLimit(.minutes(1)))
  func aWholePathMeansThatStepAlone() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "twins", Self.twins.replacing("trace", with: "'\(place.directory)/trace'"))
    #expect(try await place.reprise("run", "twins").status == 75)
    let decided = try await place.reprise("resume", "twins", "--accept", "one")
    #expect(decided.status == 75, "\(decided.text)")
    #expect(decided.text.contains("! p/one: can't know"), "\(decided.text)")
    #expect(!decided.text.contains("! one: can't know"), "\(decided.text)")
    let ended = try await place.reprise("resume", "twins", "--accept", "p/one")
    #expect(ended.status == 0, "\(ended.text)")
    let trace = try String(contentsOfFile: place.directory + "/trace", encoding: .utf8)
    #expect(trace.split(separator: "\n").sorted() == ["one", "p"])
  }

  @Test(.timeLimit(.minutes(1)))
  func aNameOfSeveralStepsDecidesForNone() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "twins",
      Self.twins.replacing("trace", with: "'\(place.directory)/trace'")
        .replacing("    step one {", with: "    phase q { step one {")
        .replacing("a test\" }\n    phase p", with: "a test\" } }\n    phase p"))
    #expect(try await place.reprise("run", "twins").status == 75)
    let refused = try await place.reprise("resume", "twins", "--rerun", "one")
    #expect(refused.status == 64, "\(refused.text) \(refused.errorText)")
    #expect(refused.errorText.contains("p/one and q/one"), "\(refused.errorText)")
    let misspelt = try await place.reprise("resume", "twins", "--approve", "nosuch")
    #expect(misspelt.status == 64 && misspelt.errorText.contains("no task `nosuch`"))
    let trace = try String(contentsOfFile: place.directory + "/trace", encoding: .utf8)
    #expect(trace.split(separator: "\n").count == 2)
  }

  @Test(.timeLimit(.minutes(1)))
  func aRunThatIsRolledBackBeginsAnewFromEverywhere() async throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      atPath: place.directory + "/other", withIntermediateDirectories: true)
    try place.write(
      "other/fails.runbook",
      """
      runbook fails {
        input word: string
        on failure rollback
        step a { run `test "$word" = "it's"; exit 3` rollback `true` }
      }
      """)
    let failed = try await place.shell("\"$reprise\" run other/fails.runbook --input \"word=it's\"")
    #expect(failed.status == 1, "\(failed.text)")
    let again = try await place.shell("cd / && " + advised(failed.text) + " --state $OLDPWD/state")
    #expect(
      again.status == 1 && again.text.contains("a: the action ended with exit status 3"),
      "\(again.text)")
    let resumed = try await place.reprise("resume", "fails")
    #expect(resumed.status == 1 && resumed.errorText.contains("/other/fails.runbook"))
  }

  /// Both runs of one state want the same lock.
  @Test(.timeLimit(.minutes(1)))
  func aRollbackThatHasToWaitForALockIsTypedAgainAsRollback() async throws {
    let place = try Workplace()
    let mark = place.directory + "/mark"
    try place.writeRunbook(
      "first",
      """
        lock "advice"
        step a { run `echo done > '\(mark)'` rollback `rm '\(mark)'` }
        step b { run `exit 1` no rollback "a test" }
      """)
    try place.writeRunbook(
      "second",
      """
        lock "advice"
        step w { run `while test ! -e '\(mark).go'; do sleep 0.1; done` no rollback "a test" }
      """)
    #expect(try await place.reprise("run", "first").status == 1)
    let holder = try place.start(["run", "second"])
    #expect(await waitUntil(.seconds(20)) { holder.outputSoFar.contains("▶ w") })
    let refused = try await place.reprise("rollback", "first")
    #expect(refused.status == 76, "\(refused.text) \(refused.errorText)")
    let command = try advised(refused.text)
    #expect(command.contains("rollback first"), "\(refused.text)")
    try place.write("mark.go", "")
    #expect(try await holder.wait().status == 0)
    let undone = try await place.shell(command)
    #expect(undone.status == 0, "\(undone.text)")
    #expect(!FileManager.default.fileExists(atPath: mark))
  }

  @Test(.timeLimit(.minutes(1)))
  func cancelNeedsNoSecret() async throws {
    let place = try Workplace()
    try place.write("runbooks/key", "a-secret-of-a-file\n")
    try place.writeRunbook(
      "long",
      """
        secret word from env "ADVICE_WORD"
        secret key from file "key"
        step w { run `echo "$word $key"; touch '\(place.directory)/began'; sleep 60` no rollback "a test" }
      """)
    let run = try RepriseProcess(
      ["run", "long"], in: place.directory,
      environment: [
        "ADVICE_WORD": "a-secret-word", "XDG_STATE_HOME": place.directory + "/supervisor",
      ])
    #expect(
      await waitUntil(.seconds(20)) {
        FileManager.default.fileExists(atPath: place.directory + "/began")
      })
    run.kill()
    _ = try await run.wait()
    try FileManager.default.removeItem(atPath: place.directory + "/runbooks/key")
    let cancelled = try await place.reprise("cancel", "long")
    #expect(cancelled.status == 0, "\(cancelled.text) \(cancelled.errorText)")
    #expect(try await !place.shell("grep -ra 'a-secret' state").text.contains("state"))
  }

  @Test(.timeLimit(.minutes(1)))
  func whatIsNoFileIsWrittenToAndNotReplaced() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "note",
      """
        report "\(place.directory)/pipe"
        step a { run `true` no rollback "a test" }
      """)
    let made = try await place.shell(
      """
      mkfifo pipe && chmod 600 pipe && { cat pipe > piped & "$reprise" run note; wait; } &&
        test -p pipe && grep -q '# note' piped &&
        { cat pipe > drawn & "$reprise" graph note -o pipe; wait; } && test -p pipe && cat drawn &&
        echo 'runbook   x { step a { check `true` } }' > x.runbook && chmod 640 x.runbook &&
        "$reprise" format x.runbook && stat -c %a x.runbook
      """)
    #expect(made.status == 0, "\(made.text)")
    #expect(made.text.contains("640"), "\(made.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func aDirectoryThatTheOperatorMadeStays() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "moves",
      """
        step a { stash "\(place.directory)/in/*" to "\(place.directory)/out" }
      """)
    let made = try await place.shell(
      """
      mkdir in out && touch in/file && "$reprise" run moves && test ! -e in/file &&
        "$reprise" rollback moves && test -e in/file && test -d out
      """)
    #expect(made.status == 0, "\(made.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func planNamesWhatIsNotKnownAndBlamesNoStepForItself() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "ahead",
      """
        step ask { output leader from `echo http://there/leader` }
        step look { check `echo the leader of it` }
        step sure { confirm "Promote $leader?" }
        step put { write "/tmp/$leader.conf" { content "x" } }
      """)
    let plan = try await place.reprise("plan", "ahead")
    #expect(!plan.text.contains("can't be known before ask has run"), "\(plan.text)")
    #expect(plan.text.contains("would ask: Promote $leader?"), "\(plan.text)")
    #expect(plan.text.contains("write /tmp/$leader.conf"), "\(plan.text)")
  }

  /// Each asking of a program that hangs is ended after `within`, and it is asked no more.
  @Test(.timeLimit(.minutes(1)))
  func aCheckThatHangsIsNotAskedForLongerThanItMayLast() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "hangs", "  step a { run `true` check `sleep 30` within 4s no rollback \"a test\" }")
    let start = ContinuousClock.now
    #expect(try await place.reprise("run", "hangs").status == 1)
    let taken = ContinuousClock.now - start
    #expect(taken >= .seconds(4) && taken < .seconds(12), "\(taken)")
    let answers = try await place.shell(
      "\"$reprise\" history hangs --events | grep -c probeAnswered")
    #expect(answers.text.hasPrefix("1"), "\(answers.text)")
  }
}
