import Foundation
import RunbookTestSupport
import Testing

/// Whole runs over servers that end idle channels or ask for new keys all the time.
@Suite("Servers with limits", .serialized)
struct ServerLimitTests {
  @Test(.timeLimit(.minutes(1)))
  func aChannelThatIsEndedWhileNobodySpeaksIsMadeAgain() async throws {
    try await Site.run(hosts: 2, configuration: ["ChannelTimeout session:*=3"]) { site in
      try site.writeRunbook(
        "work",
        """
          hosts first is "h1"
          \(Form.step("a"))
          step quiet on first {
            run `echo "$$" >> "$marks/quiet.$host"; echo begin; sleep 9; echo "end of $$"`
            no rollback "a test"
          }
          \(Form.step("b"))
        """)
      let result = try await site.reprise("run", "work")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      let events = try await site.events(site.newestRun())
      // Nothing is at work on the second host meanwhile, and nobody speaks.
      let losses = events.filter {
        $0["event"] as? String == "hostLost" && $0["host"] as? String == "h2"
      }
      #expect(losses.count >= 1, "the channel to h2 was ended")
      for host in site.hosts {
        #expect(site.mark("a.\(host)") == "x\n")
        #expect(site.mark("b.\(host)") == "x\n")
      }
      let pid = try #require(site.mark("quiet.h1")).dropLast()
      #expect(try await site.reprise("logs", "work", "quiet").text == "begin\nend of \(pid)\n")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func newKeysInTheMiddleOfBytesChangeNone() async throws {
    try await Site.run(hosts: 2, configuration: ["RekeyLimit 1M"]) { site in
      let numbers = (1...400_000).map { "\($0)\n" }.joined()
      try site.write("runbooks/numbers", numbers)
      try site.writeRunbook(
        "work",
        """
          step down on all { run `seq 1 400000; seq 400000 >&2` no rollback "a test" }
          step up on all { upload "numbers" to "$marks/numbers.$host" }
          \(Form.step("a"))
        """)
      let result = try await site.reprise("run", "work")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      for host in site.hosts {
        let logs = try await site.reprise("logs", "work", "down@\(host)")
        #expect(logs.output == Array(numbers.utf8), "\(logs.output.count) bytes of \(host)")
        #expect(logs.error == logs.output)
        #expect(site.mark("numbers.\(host)") == numbers)
        #expect(site.mark("a.\(host)") == "x\n")
      }
    }
  }

  /// Longer than any limit that the engine itself has for an answer, and than sshd's patience here.
  @Test(.timeLimit(.minutes(5)))
  func anActionThatSaysNothingForMinutesIsWaitedForOnOneChannel() async throws {
    let patience = [
      "ClientAliveInterval 10", "ClientAliveCountMax 2", "ChannelTimeout session:*=45",
    ]
    try await Site.run(hosts: 1, configuration: patience) { site in
      try site.writeRunbook(
        "work",
        """
          step quiet on all {
            run `echo "$$" >> "$marks/quiet"; sleep 130; echo "end of $$"`
            no rollback "a test"
          }
        """)
      let result = try await site.reprise("run", "work", within: .seconds(200))
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      let events = try await site.events(site.newestRun())
      #expect(!events.contains { $0["event"] as? String == "hostLost" })
      let pid = try #require(site.mark("quiet")).dropLast()
      #expect(try await site.reprise("logs", "work", "quiet").text == "end of \(pid)\n")
    }
  }
}
