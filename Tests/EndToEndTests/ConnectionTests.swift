import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// The connection goes away while actions run; they go on, and are found again.
@Suite("A run whose connections break", .serialized)
struct ConnectionTests {
  private static let long = """
      step before on all {
        run `echo x >> "$marks/before.$host"`
        no rollback "a test"
      }
      step long on all {
        run ```
          echo "$$" >> "$marks/pid.$host"
          echo begin
          i=0
          while test -d "$marks" && ! test -e "$marks/go"; do
            if [ "$i" -lt 20 ]; then i=$((i + 1)); echo "line $i"; fi
            sleep 0.1
          done
          while [ "$i" -lt 40 ]; do i=$((i + 1)); echo "line $i"; done
          echo "$$" >> "$marks/end.$host"
        ```
        no rollback "a test"
      }
      step after on all {
        run `echo x >> "$marks/after.$host"`
        no rollback "a test"
      }
    """

  private static func expectWhole(_ site: Site, state: String = "state") async throws {
    for host in site.hosts {
      #expect(site.mark("before.\(host)") == "x\n")
      #expect(site.mark("after.\(host)") == "x\n")
      let pid = try #require(site.mark("pid.\(host)"))
      #expect(site.mark("end.\(host)") == pid, "one process from its start to its end")
      let run = try await site.newestRun(state: state)
      let logs = try await site.reprise("logs", run, "long@\(host)", state: state)
      let expected = "begin\n" + (1...40).map { "line \($0)\n" }.joined()
      #expect(logs.text == expected, "not one byte lost or doubled on \(host)")
    }
  }

  private static func waitForStart(_ site: Site) async {
    let haveStarted = await waitUntil(.seconds(20)) {
      site.hosts.allSatisfy { site.mark("pid.\($0)") != nil }
    }
    #expect(haveStarted)
  }

  @Test(.timeLimit(.minutes(2)))
  func hostsTakeNoThreadEach() async throws {
    try await Site.run { site in
      let rows = (0..<24).map { "n\($0)\t127.0.0.1\t\(site.servers[$0 % 3].port)\n" }
      try site.write("runbooks/servers.tsv", "NAME\tADDRESS\tPORT\n" + rows.joined())
      try site.writeRunbook(
        "work",
        """
          step wait on all {
            run `echo x > "$marks/$host"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 1; done`
            no rollback "a test"
          }
        """)
      let process = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(60)) { site.marks.count == 24 })
      // Four for input and output, and those of the runtime and the journal; the sixteen that connect
      // have nothing left to do.
      let tasks = "/proc/\(process.pid)/task"
      let areFew = await waitUntil(.seconds(20)) {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        return (1..<20).contains(threads.count)
      }
      #expect(areFew)
      try site.write("marks/go", "")
      let result = try await process.wait()
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func findsTheSameProcessAfterEveryConnectionWasCut() async throws {
    try await Site.run { site in
      try site.writeRunbook("work", Self.long)
      let process = try site.start(["run", "work"])
      await Self.waitForStart(site)
      for server in site.servers { #expect(server.killSessions()) }
      let areLost = await waitUntil(.seconds(30)) {
        process.outputSoFar.components(separatedBy: "; what runs there goes on").count >= 4
      }
      #expect(areLost, "\(process.outputSoFar)")
      try site.write("marks/go", "")
      let result = try await process.wait()
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      try await Self.expectWhole(site)
      let events = try await site.events(site.newestRun())
      #expect(events.filter { $0["event"] as? String == "hostLost" }.count == 3)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func waitsForAServerThatIsStoppedAndStartedAgain() async throws {
    try await Site.run { site in
      try site.writeRunbook("work", Self.long)
      let process = try site.start(["run", "work"])
      await Self.waitForStart(site)
      site.servers[1].stop()
      try site.write("marks/go", "")
      #expect(await waitUntil(.seconds(20)) { site.mark("end.h1") != nil })
      try await site.servers[1].start()
      let result = try await process.wait()
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      try await Self.expectWhole(site)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func findsTheSameProcessAfterEngineAndConnectionsAreGone() async throws {
    try await Site.run { site in
      try site.writeRunbook("work", Self.long)
      let process = try site.start(["run", "work"])
      await Self.waitForStart(site)
      process.kill()
      #expect(try await process.wait().status == 128 + 9)
      for server in site.servers { server.stop() }
      for server in site.servers { try await server.start() }
      let second = try site.start(["resume"])
      #expect(await waitUntil(.seconds(30)) { second.outputSoFar.contains("goes on") })
      try site.write("marks/go", "")
      let result = try await second.wait()
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      try await Self.expectWhole(site)
    }
  }

  /// The channel of a living engine dies without an exit status; so does the one of an engine that is
  /// killed.
  @Test(.timeLimit(.minutes(2)), arguments: [false, true])
  func takesTheTrueStatusOfWhatEndedWhileNobodyWatched(_ isKilled: Bool) async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step fails on all {
            run ```
              echo x >> "$marks/count"
              while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done
              echo done >&2
              echo end > "$marks/end"
              exit 42
            ```
            no rollback "a test"
          }
        """)
      let process = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.mark("count") != nil })
      if isKilled {
        process.kill()
        #expect(try await process.wait().status == 128 + 9)
      }
      #expect(site.servers[0].killSessions() || isKilled)
      site.servers[0].stop()
      try site.write("marks/go", "")
      #expect(await waitUntil(.seconds(20)) { site.mark("end") != nil })
      try await site.servers[0].start()
      let result = try await isKilled ? site.reprise("resume") : process.wait()
      #expect(result.status == 1, "\(result.text) \(result.errorText)")
      #expect(site.mark("count") == "x\n")
      let ends = try await site.events(site.newestRun())
        .filter { $0["event"] as? String == "exchangeEnded" }
      #expect(ends.map { ($0["end"] as? [String: Any])?["status"] as? Int } == [42], "\(ends)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func goesOnWithoutAHostUnderContinueAndTriesItAgainLater() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          phase gather {
            on failure continue
            step one on all { run `echo x >> "$marks/one.$host"` no rollback "a test" }
            step two on all { run `echo x >> "$marks/two.$host"` no rollback "a test" }
          }
          step after on all { run `echo x >> "$marks/after.$host"` no rollback "a test" }
        """)
      site.servers[1].stop()
      let failed = try await site.reprise("run", "work", "--reconnect-for", "1s")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      #expect(site.marks == ["one.h1", "two.h1"])
      #expect(failed.text.contains("gather/two on h2: it can't be reached"), "\(failed.text)")
      try await site.servers[1].start()
      let resumed = try await site.reprise("resume")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      #expect(site.marks.count == 6)
      #expect(site.marks.allSatisfy { site.mark($0) == "x\n" })
    }
  }

  /// A later owner greets it first, and goes on without it.
  @Test(.timeLimit(.minutes(2)))
  func aHostThatIsDownAndHasNoWorkLeftIsNoObstacle() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          hosts first is "h1"
          step everywhere on all { run `echo x >> "$marks/one.$host"` no rollback "a test" }
          step last on first { run `test -e "$marks/go"` no rollback "a test" }
        """)
      #expect(try await site.reprise("run", "work").status == 1)
      site.servers[1].stop()
      try site.write("marks/go", "")
      let resumed = try await site.reprise("resume", "--reconnect-for", "1s")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      #expect(resumed.text.contains("h2 does not answer: "), "\(resumed.text)")
      for host in site.hosts { #expect(site.mark("one.\(host)") == "x\n") }
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func isInDoubtUnderContinueAboutAnActionOnAHostThatWentAway() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          on failure continue
          step long on all {
            run ```
              echo x >> "$marks/count"
              while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done
              echo end
            ```
            no rollback "a test"
          }
        """)
      let process = try site.start(["run", "work", "--reconnect-for", "1s"])
      #expect(await waitUntil(.seconds(20)) { site.mark("count") != nil })
      site.servers[0].stop()
      _ = site.servers[0].killSessions()
      let stopped = try await process.wait()
      #expect(stopped.status == 75, "\(stopped.text) \(stopped.errorText)")
      #expect(stopped.text.contains("can't be reached, and it may still be at work there"))
      try site.write("marks/go", "")
      try await site.servers[0].start()
      let resumed = try await site.reprise("resume")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      #expect(site.mark("count") == "x\n")
      #expect(try await site.reprise("logs", "work", "long").text == "end\n")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func stopsWhereAHostStaysAwayAndGoesOnLater() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook("work", Self.long)
      try site.write("marks/go", "")
      site.servers[1].stop()
      let stopped = try await site.reprise("run", "work", "--reconnect-for", "1s")
      #expect(stopped.status == 69, "\(stopped.text) \(stopped.errorText)")
      #expect(
        stopped.text.contains("reprise resume") || stopped.errorText.contains("reprise resume"))
      try await site.servers[1].start()
      let resumed = try await site.reprise("resume")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      try await Self.expectWhole(site)
    }
  }
}
