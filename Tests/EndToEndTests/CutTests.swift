import Foundation
import RunbookTestSupport
import Testing

/// Connections are cut again and again while the run goes on: by killing the server's processes.
@Suite("Connections that are cut at many events", .serialized)
struct CutTests {
  enum Cut: String, CaseIterable {
    /// The processes of all sessions are killed; the servers take new ones at once.
    case sessions
    /// One server after the other is stopped, and started again.
    case servers
  }

  /// Each run is cut every 8 events, each of the three of a kind begins with another one.
  @Test(.timeLimit(.minutes(4)), arguments: Cut.allCases, [10, 12, 14])
  func loseNoTaskAndNoByte(_ kind: Cut, _ first: Int) async throws {
    try await Site.run { site in
      try site.writeRunbook("work", KillAndResumeTests.runbook)
      // One line of JSON for each event: the cut is where it says.
      let process = try site.start(["run", "work", "--json"])
      var next = first
      var cuts = 0
      while true {
        await waitUntil(.seconds(90)) {
          !process.isRunning || process.outputSoFar.utf8.count { $0 == 0x0A } >= next
        }
        guard process.isRunning else { break }
        next = process.outputSoFar.utf8.count { $0 == 0x0A } + 8
        switch kind {
        case .sessions:
          if site.servers.map({ $0.killSessions() }).contains(true) { cuts += 1 }
        case .servers:
          site.servers[cuts % 3].stop()
          try await site.servers[cuts % 3].start()
          cuts += 1
        }
      }
      let result = try await process.wait()
      #expect(result.status == 0, "\(result.errorText)")
      #expect(cuts >= 10, "\(cuts) moments")
      let events = try await site.events(site.newestRun())
      let lost = events.count { $0["event"] as? String == "hostLost" }
      #expect(lost >= 10, "\(lost) connections in \(cuts) moments")
      let when = "\(kind) cut from event \(first) on"
      try KillAndResumeTests.expectEachOnce(site, when)
      try await KillAndResumeTests.expectWholeHistory(site, when)
    }
  }

  /// Twenty seconds, in which everything goes away that can, one after the other.
  @Test(.timeLimit(.minutes(2)))
  func leaveAnActionOfTwentySecondsAlone() async throws {
    try await Site.run { site in
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
