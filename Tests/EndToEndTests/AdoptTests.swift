import Foundation
import RunbookTestSupport
import Testing

/// `resume --adopt`: a run goes on with its runbook as it was edited meanwhile.
@Suite("An edited runbook", .serialized)
struct AdoptTests {
  private static func step(_ name: String, _ line: String = "", _ more: String = "") -> String {
    """
      step \(name) on all {
        run `echo x >> "$marks/\(name).$host"\(line)`
        no rollback "a test"
        \(more)
      }
    """
  }

  private func counts(_ site: Site) -> [String: Int] {
    var counts: [String: Int] = [:]
    for name in site.marks { counts[name] = site.mark(name)?.split(separator: "\n").count }
    return counts
  }

  /// The yes to the edited runbook answers nothing that it asks; and who resumes without a word of it
  /// is told that there is one.
  @Test(.timeLimit(.minutes(2)))
  func aYesToTheEditedRunbookIsNoYesToItsQuestions() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", Self.step("first") + Self.step("broken", "; exit 1"))
      #expect(try await site.reprise("run", "work").status == 1)
      let run = try await site.newestRun()
      try site.writeRunbook(
        "work",
        Self.step("first") + Self.step("broken") + "step drop { confirm \"drop it?\" }\n"
          + Self.step("last"))
      let unaware = try await site.reprise("resume")
      #expect(unaware.status == 1, "\(unaware.text) \(unaware.errorText)")
      #expect(
        unaware.errorText.contains("was changed since run \(run) began")
          && unaware.errorText.contains("reprise resume \(run) --adopt"), "\(unaware.errorText)")
      let adopted = try await site.reprise("resume", "--adopt", "--yes")
      #expect(adopted.status == 75, "\(adopted.text) \(adopted.errorText)")
      #expect(adopted.text.contains("drop it?") && counts(site)["last.h1"] == nil)
      let approved = try await site.reprise("resume", "--approve", "drop")
      #expect(approved.status == 0, "\(approved.text) \(approved.errorText)")
      #expect(!approved.errorText.contains("was changed"), "\(approved.errorText)")
      #expect(counts(site)["last.h1"] == 1)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func showsTheDifferenceAndGoesOnFromWhereTheRunStands() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        Self.step("first") + Self.step("second") + Self.step("broken", "; exit 1")
          + Self.step("fourth") + Self.step("gone"))
      #expect(try await site.reprise("run", "work").status == 1)
      let run = try await site.newestRun()
      try site.writeRunbook(
        "work",
        Self.step("first") + Self.step("early")
          + Self.step("renamed").replacingOccurrences(
            of: "renamed.$host", with: "second.$host")
          + Self.step("broken", "", "timeout 30s") + Self.step("fourth", "; true")
          + Self.step("late"))
      let before = try await site.reprise("history", run, "--events", "--json").text
      let shown = try await site.reprise("resume", "--adopt")
      #expect(shown.status == 75, "\(shown.text) \(shown.errorText)")
      for line in [
        "+ added     early  steps after it have run: it is next", "+ added     late",
        "- removed   gone  has not run", "= renamed   second is now renamed  done on h1 and h2",
        "~ changed   broken  failed on h1 and h2", "; exit 1", "none → 30s",
        "~ changed   fourth  has not run",
      ] { #expect(shown.text.contains(line), "\(line) is not in \(shown.text)") }
      #expect(shown.text.contains("reprise resume \(run) --adopt --yes"), "\(shown.text)")
      #expect(try await site.reprise("history", run, "--events", "--json").text == before)

      let adopted = try await site.reprise("resume", "--adopt", "--yes")
      #expect(adopted.status == 0, "\(adopted.text) \(adopted.errorText)")
      var expected: [String: Int] = [:]
      for host in site.hosts {
        for (name, count) in [
          "first": 1, "second": 1, "early": 1, "broken": 2, "fourth": 1, "late": 1,
        ] { expected["\(name).\(host)"] = count }
      }
      #expect(counts(site) == expected)
      let history = try await site.reprise("history", run)
      #expect(history.text.contains("the edited runbook is adopted"))
      #expect(history.text.contains("goes on as renamed"))
      #expect(try await site.reprise("show", run).text.contains("renamed"))
      #expect(try await site.reprise("doctor").text.contains("chain intact"))
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func aStepThatRanAndIsChangedOrGoneHasToBeNamed() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work", Self.step("one") + Self.step("two") + Self.step("three", "; exit 1"))
      #expect(try await site.reprise("run", "work").status == 1)
      let run = try await site.newestRun()
      try site.writeRunbook("work", Self.step("two", "; echo new") + Self.step("three"))
      let asked = try await site.reprise("resume", "--adopt", "--yes")
      #expect(asked.status == 75, "\(asked.text) \(asked.errorText)")
      #expect(asked.text.contains("two on h1 and h2 ran before it was changed"), "\(asked.text)")
      #expect(asked.text.contains("one on h1 and h2 ran, and the edited runbook lacks it"))
      #expect(asked.text.contains("reprise resume \(run) --adopt --rerun two"), "\(asked.text)")
      let half = try await site.reprise("resume", "--adopt", "--yes", "--accept", "one")
      #expect(half.status == 75, "\(half.text)")
      #expect(!half.text.contains("lacks it"))
      let gone = try await site.reprise(
        "resume", "--adopt", "--yes", "--rerun", "one", "--rerun", "two")
      #expect(gone.status == 75, "\(gone.text)")
      #expect(try await site.events(run).allSatisfy { $0["event"] as? String != "adopted" })

      let done = try await site.reprise(
        "resume", "--adopt", "--yes", "--accept", "one", "--accept", "two@h1", "--rerun", "two@h2")
      #expect(done.status == 0, "\(done.text) \(done.errorText)")
      #expect(
        counts(site) == [
          "one.h1": 1, "one.h2": 1, "two.h1": 1, "two.h2": 2, "three.h1": 2, "three.h2": 2,
        ])
      let history = try await site.reprise("history", run, "--step", "one")
      #expect(history.text.contains("h1"), "what a step did that is gone is still told")
      let report = try await site.reprise("report", run)
      #expect(report.text.contains("one"))
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func takesTheNewDefaultOfAnInputAndRefusesMistakesAndOtherLocks() async throws {
    try await Site.run(hosts: 1) { site in
      func runbook(_ head: String, fails: Bool) -> String {
        """
          input port = \(head)
          step one on all {
            run `echo "$port" >> "$marks/port"; \(fails ? "exit 1" : "true")`
            no rollback "a test"
          }
        """
      }
      try site.writeRunbook("work", runbook("1", fails: true))
      #expect(try await site.reprise("run", "work").status == 1)
      try site.writeRunbook("work", runbook("", fails: false))
      let mistaken = try await site.reprise("resume", "--adopt", "--yes")
      #expect(mistaken.status == 65, "\(mistaken.text) \(mistaken.errorText)")
      try site.writeRunbook("work", "  lock \"other\"\n" + runbook("2", fails: false))
      let locked = try await site.reprise("resume", "--adopt", "--yes")
      #expect(locked.status == 65, "\(locked.text) \(locked.errorText)")
      #expect(locked.errorText.contains("other locks"))
      #expect(site.mark("port") == "1\n")
      try site.writeRunbook("work", runbook("2", fails: false))
      let adopted = try await site.reprise("resume", "--adopt", "--yes")
      #expect(adopted.status == 0, "\(adopted.text) \(adopted.errorText)")
      #expect(adopted.text.contains("1 → 2"), "\(adopted.text)")
      #expect(site.mark("port") == "1\n2\n")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func killedAtEachEventAroundTheAdoptionItGoesOn() async throws {
    try await Site.run(hosts: 1) { site in
      let old = Self.step("one") + Self.step("two", "; exit 1")
      let new = Self.step("one") + Self.step("two") + Self.step("three")
      var number = 0
      while true {
        number += 1
        let state = "state\(number)"
        try site.clearMarks()
        try site.writeRunbook("work", old)
        #expect(try await site.reprise("run", "work", state: state).status == 1)
        let known = try await site.events(site.newestRun(state: state), state: state).count
        try site.writeRunbook("work", new)
        let killed = try await site.reprise(
          "resume", "--adopt", "--yes", state: state, crashAfter: known + number)
        if killed.status == 0 { break }
        #expect(killed.status == 128 + 9, "event \(number): \(killed.text) \(killed.errorText)")
        let events = try await site.events(site.newestRun(state: state), state: state)
        if events.last?["event"] as? String == "runEnded" { break }
        let isAdopted = events.contains { $0["event"] as? String == "adopted" }
        let resumed =
          await isAdopted
          ? try site.reprise("resume", state: state)
          : try site.reprise("resume", "--adopt", "--yes", state: state)
        #expect(resumed.status == 0, "event \(number): \(resumed.text) \(resumed.errorText)")
        #expect(
          counts(site) == ["one.h1": 1, "two.h1": 2, "three.h1": 1], "event \(number)")
        #expect(number < 40)
      }
      #expect(number > 10)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func aRenamedStepFindsWhatItKeptWhenItIsUndone() async throws {
    try await Site.run(hosts: 1) { site in
      func runbook(_ name: String, _ last: String) -> String {
        """
          step \(name) on all {
            write "$marks/file" { content "new\\n" }
          }
          step last on all { run `\(last)` no rollback "a test" }
        """
      }
      try site.write("marks/file", "old\n")
      try site.writeRunbook("work", runbook("put", "exit 1"))
      #expect(try await site.reprise("run", "work").status == 1)
      try site.writeRunbook("work", runbook("place", "exit 2"))
      #expect(try await site.reprise("resume", "--adopt", "--yes").status == 1)
      #expect(site.mark("file") == "new\n")
      let undone = try await site.reprise("rollback", try site.newestRun())
      #expect(undone.status == 0, "\(undone.text) \(undone.errorText)")
      #expect(site.mark("file") == "old\n")
      #expect(site.marks == ["file"])
    }
  }

  @Test func asksAtATerminalAndTakesNoForAnAnswer() async throws {
    let place = try Workplace()
    func write(_ code: String) throws {
      try place.writeRunbook("work", "step one { run `\(code)` no rollback \"a test\" }")
    }
    try write("exit 1")
    #expect(try await place.reprise("run", "work").status == 1)
    try write("true")
    func answer(_ text: String) async throws -> (status: Int, text: String) {
      try await place.shell(
        "printf '\(text)\\n' | TERM=xterm script -qec '$reprise resume --adopt' /dev/null")
    }
    let no = try await answer("n")
    #expect(no.status == 75, "\(no.text)")
    #expect(no.text.contains("Go on with the edited runbook? [y/n]"), "\(no.text)")
    let yes = try await answer("y")
    #expect(yes.status == 0, "\(yes.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func takesAnotherFileForAnUploadThatIsEdited() async throws {
    try await Site.run(hosts: 1) { site in
      func runbook(_ check: String) -> String {
        "step put on all { upload \"file\" to \"$marks/file\" check `\(check)` }"
      }
      try site.write("runbooks/file", "one\n")
      try site.writeRunbook("work", runbook("exit 1"))
      #expect(try await site.reprise("run", "work").status == 1)
      try site.write("runbooks/file", "two\n")
      #expect(try await site.reprise("resume").errorText.isEmpty)
      #expect(site.mark("file") == "one\n")
      try site.writeRunbook("work", runbook("true"))
      let adopted = try await site.reprise("resume", "--adopt", "--yes")
      #expect(adopted.status == 0, "\(adopted.text) \(adopted.errorText)")
      #expect(site.mark("file") == "two\n")
      #expect(try await site.reprise("rollback", try site.newestRun()).status == 0)
      #expect(site.marks.isEmpty, "there was no file before")
    }
  }
}
