import Foundation
import RunbookTestSupport
import Testing

/// Two who resume one run at the same moment.
@Suite("Two resumes at once", .serialized)
struct TakeoverTests {
  @Test(.timeLimit(.minutes(2)))
  func oneGoesOnAndTheOtherSaysWhoHasIt() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step long on all {
            run ```
              echo x >> "$marks/long.$host"
              while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done
            ```
            no rollback "a test"
          }
          \(Form.step("after"))
        """)
      var owner = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.mark("long.h1") != nil })
      #expect(await waitUntil(.seconds(20)) { site.mark("long.h2") != nil })
      let run = try await site.newestRun()
      // Whose turn it is differs from time to time: the loser has to be right each time.
      for _ in 0..<6 {
        owner.kill()
        #expect(try await owner.wait().status == 128 + 9)
        let both = [try site.start(["resume", run]), try site.start(["resume", run])]
        #expect(await waitUntil(.seconds(30)) { !both.allSatisfy(\.isRunning) })
        let loser = try #require(both.first { !$0.isRunning })
        owner = try #require(both.first { $0 !== loser })
        let refused = try await loser.wait()
        let said = refused.text + refused.errorText
        #expect(refused.status == 76, "\(said)")
        #expect(said.contains("driven by process \(owner.pid)"), "\(said)")
        #expect(owner.isRunning)
      }
      try site.write("marks/go", "")
      let ended = try await owner.wait()
      #expect(ended.status == 0, "\(ended.text) \(ended.errorText)")
      for host in site.hosts {
        #expect(site.mark("long.\(host)") == "x\n")
        #expect(site.mark("after.\(host)") == "x\n")
      }
    }
  }
}
