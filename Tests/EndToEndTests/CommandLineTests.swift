import Foundation
import Testing

/// What a person can type wrong: each mistake has its words and its exit status.
@Suite("The command line")
struct CommandLineTests {
  @Test(arguments: [
    ["frobnicate"], ["run"], ["run", "a", "--nosuch"], ["logs"], ["run", "a", "--color", "blue"],
    ["run", "a", "--reconnect-for", "5"], ["run", "a", "--transport", "pigeon"],
    ["run", "a", "--output-limit", "much"], ["resume", "x", "--rerun", "a", "--accept", "a"], [],
  ])
  func endsWrongUsageWith64(_ arguments: [String]) async throws {
    let result = try await Workplace().start(arguments).wait()
    #expect(result.status == 64)
    #expect((result.text + result.errorText).lowercased().contains("usage"))
  }

  @Test func suggestsTheCommandTheStepAndTheRunbookThatWereMeant() async throws {
    let place = try Workplace()
    try place.writeRunbook("work", "step prepare { run `true` rollback `true` }")
    let command = try await place.reprise("chek", "work")
    #expect(command.status == 64)
    #expect(command.errorText.contains("did you mean `reprise check`?"), "\(command.errorText)")
    let runbook = try await place.reprise("run", "wrok")
    #expect(runbook.status == 64)
    #expect(runbook.errorText.contains("did you mean `work`?"), "\(runbook.errorText)")
    let done = try await place.reprise("run", "work")
    #expect(done.status == 0, "\(done.text)")
    let step = try await place.reprise("history", "work", "--step", "prepar")
    #expect(step.status == 64)
    #expect(step.errorText.contains("did you mean `prepare`?"), "\(step.errorText)")
    let host = try await place.reprise("history", "work", "--host", "h1")
    #expect(host.status == 64, "\(host.text)")
    // A run that did not fail has not failed for being undone.
    let undone = try await place.reprise("rollback", "work")
    #expect(undone.status == 0 && undone.text.contains("is rolled back"), "\(undone.text)")
    #expect(!undone.text.contains("failed"), "\(undone.text)")
  }

  @Test func helpsWithExamplesOfEachCommand() async throws {
    let place = try Workplace()
    let page = try await place.reprise("--help")
    #expect(page.status == 0)
    #expect(page.text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(page.text)")
    for words in [["-h"], ["help"], []] {
      let other = try await place.start(words).wait(.seconds(60))
      #expect(other.status == (words.isEmpty ? 64 : 0))
      #expect(other.text == page.text)
    }
    let all = page.text.components(separatedBy: "SUBCOMMANDS:")
    let commands = try #require(all.last).matches(of: #/\n  ([a-z]+) /#).map { String($0.1) }
    #expect(commands.count >= 18, "\(commands)")
    for command in commands {
      let result = try await place.reprise(command, "--help")
      #expect(result.status == 0)
      let parts = result.text.components(separatedBy: "\nUSAGE:")
      #expect(parts.count == 2, "\(result.text)")
      #expect(parts[0].contains("\nreprise \(command)"), "\(result.text)")
    }
  }

  /// Long enough for its memory to be asked for in large pages.
  @Test func checksALongRunbook() async throws {
    let place = try Workplace()
    let steps = (1...6_000).map { number in
      "step s\(number) { run `echo \(number)` no rollback \"prints what it is\" }"
    }
    let text = steps.joined(separator: "\n")
    #expect(text.utf8.count > 256 << 10)
    try place.writeRunbook("long", text)
    let result = try await place.reprise("check", "long")
    #expect(result.status == 0 && result.text.contains("no mistakes"), "\(result.text)")
  }

  @Test func suggestsTheRunbookThatWasMeant() async throws {
    let place = try Workplace()
    try place.writeRunbook("hello", "step a { check `true` }")
    let result = try await place.reprise("run", "helo")
    #expect(result.status == 64)
    #expect(
      result.errorText == """
        error: no runbook is called `helo` in runbooks
          = help: did you mean `hello`?

        """)
  }

  @Test(arguments: [
    (["run", "none.runbook"], "none.runbook can't be read: No such file or directory"),
    (["check", "runbooks/none.runbook"], "can't be read: No such file or directory"),
    (["run", "runbooks.runbook"], "runbooks.runbook can't be read: Is a directory"),
  ])
  func namesFilesThatCannotBeRead(_ arguments: [String], _ words: String) async throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      atPath: place.directory + "/runbooks.runbook", withIntermediateDirectories: true)
    let result = try await place.start(arguments).wait()
    #expect(result.status == 64)
    #expect(result.errorText.contains(words), "\(result.errorText)")
  }

  @Test func tellsFiveMistakesAtOnce() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "bad",
      """
        step a { run `echo "$nosuch"` no rollback "a test" }
        step b { check `true` within 5 }
        step c on nowhere { check `true` }
        step a { check `true` }
        step d { run `true` timeout soon no rollback "a test" }
      """)
    let result = try await place.reprise("check", "runbooks/bad.runbook")
    #expect(result.status == 65)
    #expect(result.text.components(separatedBy: "error[").count - 1 == 5, "\(result.text)")
    #expect(try await place.reprise("run", "bad").status == 65)
    let json = try await place.reprise("check", "bad", "--json")
    #expect(json.status == 65)
    #expect(json.text.contains(#""file":"runbooks/bad.runbook","line":"#))
  }

  @Test(arguments: [
    (["--input", "pause=abc"], 64, "`pause` can't be `abc`"),
    (["--input", "nosuch=1"], 64, "no input `nosuch`"),
    (["--input", "pause"], 64, "--input pause has no value"),
    (["--input", "pause=1s", "--input", "pause=2s"], 64, "given twice"), ([], 64, "must be given"),
  ])
  func refusesInputsThatDoNotFit(_ inputs: [String], _ status: Int, _ words: String) async throws {
    let place = try Workplace()
    try place.writeRunbook("wait", "input pause: duration\n step a { check `sleep $pause` }")
    let result = try await place.start(["run", "wait"] + inputs).wait()
    #expect(result.status == status)
    #expect(result.errorText.contains(words), "\(result.errorText)")
    #expect(!FileManager.default.fileExists(atPath: place.directory + "/state"))
  }

  @Test(arguments: [
    ("name\taddress\tport\na\t10.0.0.1\t22\nb\n", 65, "servers.tsv:3"),
    ("name\taddress\tport\na\t10.0.0.1\t22\na\t10.0.0.2\t22\n", 65, "second time"),
    ("name\taddress\tport\n\t10.0.0.1\t22\n", 65, "no name"), ("", 65, "servers.tsv"),
    ("\u{FEFF}NAME\tADDRESS\tPORT\r\nlocal\t127.0.0.1\t1\r\n\r\n\r\n", 69, "can't be reached"),
  ])
  func readsInventoriesAsTheyComeAndRefusesBrokenOnes(
    _ text: String, _ status: Int, _ words: String
  ) async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "look",
      "inventory \"servers.tsv\" { port port }\n hosts all where name != \"-\"\n"
        + "step a on all { check `true` }")
    try place.write("runbooks/servers.tsv", text)
    let result = try await place.reprise("run", "look", "--reconnect-for", "100ms")
    #expect(result.status == status, "\(result.text) \(result.errorText)")
    #expect((result.text + result.errorText).contains(words), "\(result.text) \(result.errorText)")
  }

  @Test func namesTheInventoryThatIsMissing() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "look",
      "inventory \"servers.tsv\"\n hosts all where name != \"-\"\n"
        + "step a on all { check `true` }")
    let result = try await place.reprise("run", "look")
    #expect(result.status == 64)
    #expect(result.errorText.contains("runbooks/servers.tsv can't be read"))
    #expect(result.errorText.contains("runbooks/look.runbook:2 names it"))
  }

  @Test func saysThatThereAreNoRunsYet() async throws {
    let place = try Workplace()
    #expect(try await place.reprise("runs").status == 0)
    for command in ["resume", "history", "show"] {
      let result = try await place.reprise(command)
      #expect(result.status == 64)
      #expect(result.errorText.contains("there are no runs in state yet"))
    }
    #expect(!FileManager.default.fileExists(atPath: place.directory + "/state"))
  }

  @Test func saysWhichRunOrTaskIsUnknown() async throws {
    let place = try Workplace()
    try place.writeRunbook("hello", "step count { check `true` }")
    #expect(try await place.reprise("run", "hello").status == 0)
    let run = try await place.reprise("history", "nosuch")
    #expect(run.status == 64)
    #expect(run.errorText.contains("no run is called `nosuch`"))
    let task = try await place.reprise("logs", "hello", "conut")
    #expect(task.status == 64)
    #expect(task.errorText.contains("did you mean `count`?"))
    let doubt = try await place.reprise("resume", "--rerun", "count")
    #expect(doubt.status == 64)
  }

  @Test func resumingWhatIsDoneIsNoMistake() async throws {
    let place = try Workplace()
    try place.writeRunbook("hello", "step count { check `true` }")
    #expect(try await place.reprise("run", "hello").status == 0)
    let result = try await place.reprise("resume", "hello")
    #expect(result.status == 0)
    #expect(result.text.contains("is done already"))
  }

  @Test func waitsForNobodyWithoutATerminal() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "ask", "step approve { confirm \"Go on?\" }\n step go { check `true` }")
    let stopped = try await place.reprise("run", "ask")
    #expect(stopped.status == 75)
    let last = stopped.text.split(separator: "\n").last ?? ""
    #expect(last.contains("reprise resume") && last.hasSuffix("--approve approve"))
    #expect(try await place.reprise("resume", "--approve", "approve").status == 0)
    #expect(try await place.reprise("run", "ask", "--yes").status == 0)
  }
}
