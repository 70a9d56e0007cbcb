import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// What an operator does after a failure, and what the engine refuses.
@Suite("What an operator does", .serialized)
struct OperatorTests {
  enum Failing: String, CaseIterable { case requirement, action }

  @Test(.timeLimit(.minutes(2)), arguments: Failing.allCases)
  func triesAgainOnlyWhatFailedOnceItIsMended(_ what: Failing) async throws {
    let test = #"test "$host" != h2 || test -e "$marks/mended""#
    try await Site.run { site in
      try site.writeRunbook(
        "work",
        """
          step first on all { run `echo x >> "$marks/first.$host"` no rollback "a test" }
          step second on all {
            \(what == .requirement ? "require `\(test)` else \"touch the file mended\"" : "")
            run `echo x >> "$marks/second.$host"\(what == .action ? "; \(test)" : "")`
            no rollback "a test"
          }
          step third on all { run `echo x >> "$marks/third.$host"` no rollback "a test" }
        """)
      let failed = try await site.reprise("run", "work")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      let said = failed.text + failed.errorText
      #expect(said.contains("second on h2"))
      #expect(said.contains("touch the file mended") == (what == .requirement))
      #expect(site.mark("second.h2") == (what == .action ? "x\n" : nil))
      #expect(site.mark("third.h1") == nil)
      try site.write("marks/mended", "")
      let resumed = try await site.reprise("resume")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      for host in site.hosts {
        for step in ["first", "second", "third"] {
          let isTwice = what == .action && step == "second" && host == "h2"
          #expect(
            site.mark("\(step).\(host)") == (isTwice ? "x\nx\n" : "x\n"), "\(step) on \(host)")
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func ofTwoResumesAtOnceOneIsToldWhoHasTheRun() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step long on all {
            run `echo x >> "$marks/count"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
            no rollback "a test"
          }
        """)
      let first = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.mark("count") != nil })
      let second = try await site.reprise("resume", try site.newestRun())
      #expect(second.status == 76, "\(second.text) \(second.errorText)")
      #expect((second.text + second.errorText).contains("\(first.pid)"))
      kill(first.pid, SIGSTOP)
      let third = try await site.reprise("resume", try site.newestRun())
      #expect(third.status == 76)
      #expect((third.text + third.errorText).contains("stopped"))
      kill(first.pid, SIGCONT)
      try site.write("marks/go", "")
      #expect(try await first.wait().status == 0)
      #expect(site.mark("count") == "x\n")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func detachesAtTheFirstInterruptAndResumes() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step long on all {
            run `echo x >> "$marks/count.$host"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
            no rollback "a test"
          }
          step after on all { run `echo x >> "$marks/after.$host"` no rollback "a test" }
        """)
      let process = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.mark("count.h2") != nil })
      process.kill(SIGINT)
      let detached = try await process.wait()
      #expect(detached.status == 75, "\(detached.text) \(detached.errorText)")
      let lines = (detached.text + detached.errorText).split(separator: "\n")
      #expect(lines.last?.contains("reprise resume") ?? false)
      try site.write("marks/go", "")
      #expect(try await site.reprise("resume").status == 0)
      for host in site.hosts {
        #expect(site.mark("count.\(host)") == "x\n")
        #expect(site.mark("after.\(host)") == "x\n")
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func cancelEndsAnActionWhoseSupervisorWasKilled() async throws {
    let place = try Workplace()
    let pid = place.directory + "/pid"
    try place.writeRunbook(
      "work", "  step long { run `echo $$ > \"\(pid)\"; exec sleep 300` no rollback \"a test\" }")
    let result = try await place.shell(
      """
      "$reprise" run work & engine=$!
      for _ in $(seq 200); do [ -s pid ] && break; sleep 0.1; done
      kill -9 "$engine"
      # The last word of the claim, before its end, is the wrapper that made it.
      kill -9 "$(sed -n '2s/.* \\([0-9]*\\)\\.[^ ]* \\.$/\\1/p' supervisor/reprise/*/*/*.c)" || exit 9
      timeout 40 "$reprise" cancel work; echo "cancel: $?"
      # A zombie has no words.
      if grep -q sleep "/proc/$(cat pid)/cmdline" 2>/dev/null; then
        echo "still there"; kill -9 "$(cat pid)"
      fi
      """)
    #expect(!result.text.contains("cancel: 124"), "\(result.text)")
    #expect(result.text.contains("cancel: "), "\(result.text)")
    #expect(!result.text.contains("still there"), "\(result.text)")
  }

  @Test(.timeLimit(.minutes(1)))
  func anOlderCopyOfTheJournalStartsNothing() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step one on all { run `echo x >> "$marks/one"` no rollback "a test" }
          step two on all { run `echo x >> "$marks/two"; exit 1` no rollback "a test" }
        """)
      #expect(try await site.reprise("run", "work", crashAfter: 5).status == 128 + 9)
      let copy = "\(site.directory)/copy"
      try FileManager.default.copyItem(atPath: "\(site.directory)/state", toPath: copy)
      #expect(try await site.reprise("resume").status == 1)
      let outdated = try await site.reprise("resume", state: "copy")
      #expect(outdated.status == 73, "\(outdated.text) \(outdated.errorText)")
      #expect(site.mark("two") == "x\n")
      // The first time too, where more owners have been there than the copy knows.
      try FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: "\(site.directory)/state", toPath: copy)
      for _ in 1...2 { #expect(try await site.reprise("resume").status == 1) }
      let first = try await site.reprise("resume", state: "copy")
      #expect(first.status == 73, "\(first.text) \(first.errorText)")
      #expect(first.errorText.contains("older than what its hosts have done"), "\(first.errorText)")
      #expect(site.mark("two") == "x\nx\nx\n")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func anOlderCopyOfARunThatHasEndedStartsNothing() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step one on all { run `echo x >> "$marks/one"` no rollback "a test" }
          step ask { confirm "go on?" }
          step two on all { run `echo x >> "$marks/two"` no rollback "a test" }
        """)
      #expect(try await site.reprise("run", "work").status == 75)
      let copy = "\(site.directory)/copy"
      try FileManager.default.copyItem(atPath: "\(site.directory)/state", toPath: copy)
      #expect(try await site.reprise("resume", "work", "--approve", "ask").status == 0)
      let older = try await site.reprise("resume", "work", "--approve", "ask", state: "copy")
      #expect(older.status == 73, "\(older.text) \(older.errorText)")
      #expect(older.errorText.contains("h1 has nothing left of run"), "\(older.errorText)")
      #expect(site.mark("two") == "x\n")
      // A host that was set up anew looks the same; who says so goes on.
      let anew = try await site.reprise("resume", "work", "--ignore-drift", state: "copy")
      #expect(anew.status == 0, "\(anew.text) \(anew.errorText)")
      #expect(site.mark("one") == "x\n" && site.mark("two") == "x\nx\n")
    }
  }
}
