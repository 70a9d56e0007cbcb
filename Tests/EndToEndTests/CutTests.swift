import Foundation
import RunbookTestSupport
import Testing

/// Connections are cut again and again while the run goes on: by killing the server's processes.
@Suite("Connections that are cut at many events", .serialized)
struct CutTests {
  /// Each run is cut every 12 events, each of the three begins with another one.
  @Test(.timeLimit(.minutes(3)), arguments: [10, 14, 18])
  func loseNoTaskAndNoByte(_ first: Int) async throws {
    try await Site.run { site in
      try site.writeRunbook("work", KillAndResumeTests.runbook)
      // One line of JSON for each event: the cut is where it says.
      let process = try site.start(["run", "work", "--json"])
      var next = first
      var cuts = 0
      await waitUntil(.seconds(90)) {
        let seen = process.outputSoFar.utf8.count { $0 == 0x0A }
        if seen >= next {
          let wasCut = site.servers.map { $0.killSessions() }
          if wasCut.contains(true) { cuts += 1 }
          next = seen + 12
        }
        return !process.isRunning
      }
      let result = try await process.wait()
      #expect(result.status == 0, "\(result.errorText)")
      #expect(cuts >= 6, "\(cuts) moments")
      let events = try await site.events(site.newestRun())
      #expect(events.count { $0["event"] as? String == "hostLost" } >= cuts)
      try KillAndResumeTests.expectEachOnce(site, "cut from event \(first) on")
      for step in KillAndResumeTests.steps {
        let name = step.split(separator: "/").last.map(String.init) ?? step
        for host in site.hosts {
          let logs = try await site.reprise("logs", "work", "\(step)@\(host)")
          #expect(logs.text == "\(name) on \(host) says: quotes ' \" and é\n", "\(step)@\(host)")
          #expect(logs.errorText == "no newline at the end", "\(step)@\(host)")
        }
      }
    }
  }

  /// Twenty seconds, in which everything goes away that can, one after the other.
  @Test(.timeLimit(.minutes(2)))
  func leaveAnActionOfTwentySecondsAlone() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step long on all {
            run ```
              echo "$$" >> "$marks/pid.$host"
              i=0
              while [ "$i" -lt 200 ]; do
                i=$((i + 1))
                sleep 0.1
                echo "line $i"
                echo "$i" > "$marks/at.$host"
              done
              echo "$$" >> "$marks/end.$host"
            ```
            no rollback "a test"
          }
          \(Form.step("after"))
        """)
      func reach(_ number: Int) async throws {
        let isThere = await waitUntil(.seconds(40)) {
          site.hosts.allSatisfy { host in
            Int(site.mark("at.\(host)")?.dropLast() ?? "") ?? 0 >= number
          }
        }
        if !isThere { throw TestFailure("line \(number) is not reached") }
      }
      let first = try site.start(["run", "work"])
      try await reach(20)
      for server in site.servers { #expect(server.killSessions()) }
      try await reach(50)
      for server in site.servers { server.stop() }
      try await reach(70)
      for server in site.servers { try await server.start() }
      try await reach(100)
      first.kill()
      #expect(try await first.wait().status == 128 + 9)
      for server in site.servers { server.stop() }
      try await reach(120)
      for server in site.servers { try await server.start() }
      let second = try site.start(["resume"])
      try await reach(150)
      for server in site.servers { server.killSessions() }
      let result = try await second.wait()
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      let expected = (1...200).map { "line \($0)\n" }.joined()
      for host in site.hosts {
        let pid = try #require(site.mark("pid.\(host)"))
        #expect(pid.split(separator: "\n").count == 1, "started once on \(host)")
        #expect(site.mark("end.\(host)") == pid, "one process from its start to its end")
        #expect(site.mark("after.\(host)") == "x\n")
        #expect(try await site.reprise("logs", "work", "long@\(host)").text == expected)
      }
    }
  }
}
