import RunbookTestSupport
import Testing

/// What was done, is asked for again by a resume, and does not hold any more.
@Suite("A lasting check", .serialized)
struct DriftTests {
  @Test(.timeLimit(.minutes(2)))
  func stopsTheResumeUntilItHoldsOrIsIgnored() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step there on all {
            run `echo x >> "$marks/there.$host"`
            check `test -e "$marks/there.$host"` lasting else "bring it back"
            no rollback "a test"
          }
          step ask { confirm "Go on?" }
          step after on all { run `echo x >> "$marks/after.$host"` no rollback "a test" }
        """)
      for isMended in [true, false] {
        try site.clearMarks()
        let state = "state\(isMended)"
        #expect(try await site.reprise("run", "work", state: state).status == 75)
        try site.shell("rm marks/there.h2")

        let stopped = try await site.reprise("resume", "--yes", state: state)
        let said = stopped.text + stopped.errorText
        #expect(stopped.status == 75, "\(said)")
        #expect(said.contains("there on h2: it was done, and does not hold any more"), "\(said)")
        #expect(!said.contains("there on h1: it was done"), "\(said)")
        #expect(said.contains("bring it back"), "\(said)")
        #expect(said.contains("--ignore-drift"), "\(said)")
        #expect(site.marks == ["there.h1"], "nothing was begun")

        if isMended { try site.write("marks/there.h2", "mended\n") }
        let resumed = try await site.start(
          ["resume", "--yes"] + (isMended ? [] : ["--ignore-drift"]), state: state
        ).wait()
        #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
        #expect(site.mark("there.h1") == "x\n")
        #expect(site.mark("there.h2") == (isMended ? "mended\n" : nil))
        for host in site.hosts { #expect(site.mark("after.\(host)") == "x\n") }
        let history = try await site.reprise("history", "work", state: state).text
        #expect(history.contains(#/there\W+h2 .*drifted: its check does not hold/#), "\(history)")
        #expect(history.contains("drift ignored") == !isMended, "\(history)")
      }
    }
  }
}
