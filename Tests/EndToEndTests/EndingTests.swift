import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// `cancel`, `approve`, `rollback` and `report`, from other processes than the one that runs.
@Suite("Ending a run", .serialized)
struct EndingTests {
  private static let long = """
      step long on all {
        run `echo $$ > "$marks/pid.$host"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
        no rollback "a test"
      }
      step after on all { run `echo x >> "$marks/after"` no rollback "a test" }
    """

  @Test(.timeLimit(.minutes(2)))
  func cancelEndsWhatTheOwnerHasAtWork() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook("work", Self.long)
      let run = try site.start(["run", "work"])
      #expect(
        await waitUntil(.seconds(20)) { site.mark("pid.h1") != nil && site.mark("pid.h2") != nil })
      let id = try await site.newestRun()
      let cancel = try await site.reprise("cancel", id)
      #expect(cancel.status == 0, "\(cancel.text) \(cancel.errorText)")
      #expect(cancel.text.contains("was cancelled by"))
      #expect(try await run.wait().status == 1)
      try await expectNobody(site)
      #expect(site.mark("after") == nil)
      let again = try await site.reprise("cancel", id)
      #expect(again.status == 0)
      try site.write("marks/go", "")
      let resumed = try await site.reprise("resume", id)
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func cancelTakesOverARunThatNobodyDrives() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook("work", "  lock \"a test of $marks\" on all\n" + Self.long)
      let run = try site.start(["run", "work"])
      #expect(
        await waitUntil(.seconds(20)) { site.mark("pid.h1") != nil && site.mark("pid.h2") != nil })
      run.kill()
      _ = try await run.wait()
      let cancel = try await site.reprise("cancel", try site.newestRun(), "--json")
      #expect(cancel.status == 0, "\(cancel.text) \(cancel.errorText)")
      #expect(cancel.text.contains(#""state":"cancelled""#))
      try await expectNobody(site)
      // Its locks are free for another run.
      try site.write("marks/go", "")
      let other = try await site.reprise("run", "work", state: "other")
      #expect(other.status == 0, "\(other.text) \(other.errorText)")
    }
  }

  private func expectNobody(_ site: Site) async throws {
    for host in site.hosts {
      let text = site.mark("pid.\(host)")?.trimmingCharacters(in: .whitespacesAndNewlines)
      let pid = try #require(text.flatMap { pid_t($0) })
      #expect(await waitUntil(.seconds(5)) { kill(pid, 0) != 0 }, "the action on \(host) lives")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func approveAndDenyAnswerARunInAnotherProcess() async throws {
    for isDenied in [false, true] {
      try await Site.run(hosts: 1) { site in
        try site.writeRunbook(
          "work",
          """
            parallel {
              step long on all {
                run `echo x > "$marks/long"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
                no rollback "a test"
              }
              step ask { confirm "go on?" }
            }
            step after on all { run `echo x >> "$marks/after"` no rollback "a test" }
          """)
        let run = try site.start(["run", "work"])
        #expect(await waitUntil(.seconds(20)) { site.mark("long") != nil })
        let id = try await site.newestRun()
        let wrong = try await site.reprise("approve", id, "long")
        #expect(wrong.status == 64, "\(wrong.text) \(wrong.errorText)")
        #expect(wrong.errorText.contains("waiting: ask"), "\(wrong.errorText)")
        let answer =
          await isDenied
          ? try site.reprise("approve", id, "ask", "--deny")
          : try site.reprise("approve", id, "ask")
        #expect(answer.status == 0, "\(answer.text) \(answer.errorText)")
        let late = try await site.reprise("approve", id, "ask")
        #expect(late.status == 64, "\(late.text) \(late.errorText)")
        let left = "SELECT count(*) FROM request WHERE taken IS NULL"
        #expect(try site.shell("sqlite3 state/reprise.sqlite '\(left)'") == "0\n")
        try site.write("marks/go", "")
        let ended = try await run.wait()
        #expect(ended.status == (isDenied ? 75 : 0), "\(ended.text) \(ended.errorText)")
        #expect(site.mark("after") == (isDenied ? nil : "x\n"))
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func approveOfARunThatNobodyDrivesSaysWhatGoesOn() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step first on all { run `touch "$marks/first"` no rollback "a test" }
          step ask { confirm "go on?" }
        """)
      #expect(try await site.reprise("run", "work").status == 75)
      let id = try await site.newestRun()
      let answer = try await site.reprise("approve", id, "ask")
      #expect(answer.status == 75, "\(answer.text) \(answer.errorText)")
      #expect(answer.text.contains("reprise resume \(id) --approve ask"))
      #expect(try await site.reprise("resume", id, "--approve", "ask").status == 0)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func rollbackUndoesADoneRunInReverseAndOnlyOnce() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step first on all {
            run `echo x > "$marks/first.$host"`
            rollback `rm "$marks/first.$host"; echo "first" >> "$marks/undone.$host"`
          }
          step kept on all { run `echo x > "$marks/kept.$host"` no rollback "it may stay" }
          step second on all {
            run `echo x > "$marks/second.$host"`
            check `test -e "$marks/second.$host"` lasting
            rollback `rm "$marks/second.$host"; echo "second" >> "$marks/undone.$host"`
          }
        """)
      let done = try await site.reprise("run", "work")
      #expect(done.status == 0, "\(done.text) \(done.errorText)")
      let id = try await site.newestRun()
      let undone = try await site.reprise("rollback", id)
      #expect(undone.status == 0, "\(undone.text) \(undone.errorText)")
      #expect(undone.text.contains("it may stay"))
      for host in site.hosts {
        #expect(site.mark("first.\(host)") == nil)
        #expect(site.mark("second.\(host)") == nil)
        #expect(site.mark("kept.\(host)") == "x\n")
        #expect(site.mark("undone.\(host)") == "second\nfirst\n")
      }
      let again = try await site.reprise("rollback", id)
      #expect(again.status == 1)
      #expect(again.errorText.contains("rolled back completely"))
      #expect(try await site.reprise("resume", id).status == 1)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func reportsInEveryFormatAreOfTheWholeRunAndEscaped() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step look on all { output seen from `echo '<script>alert(1)</script>'` }
          step fails on all { run `test -e "$marks/none"` no rollback "a test" }
        """)
      #expect(try await site.reprise("run", "work").status == 1)
      let id = try await site.newestRun()
      let page = try await site.reprise("report", id, "--format", "html", "--language", "fr")
      #expect(page.status == 0, "\(page.errorText)")
      #expect(page.text.hasPrefix("<!DOCTYPE html>"))
      #expect(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
      #expect(!page.text.contains("<script"))
      #expect(page.text.contains("ÉCHEC"))
      let file = "\(site.directory)/report.json"
      #expect(try await site.reprise("report", id, "--format", "json", "-o", file).status == 0)
      let data = try #require(FileManager.default.contents(atPath: file))
      let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(json["state"] as? String == "failed")
      #expect((json["chainHead"] as? String)?.count == 64)
      let tasks = try #require(json["tasks"] as? [[String: Any]])
      #expect(tasks.map { $0["state"] as? String } == ["done", "failed"])
      #expect(try await site.reprise("report", id).text.contains("❌"))
    }
  }
}
