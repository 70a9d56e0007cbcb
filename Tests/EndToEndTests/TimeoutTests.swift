import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// An action that does not end in its time, nor when it is asked to.
@Suite("Timeouts")
struct TimeoutTests {
  @Test(.timeLimit(.minutes(1)))
  func killsWhatDoesNotHeedTERM() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step deaf on all {
            run ```
              trap 'echo TERM >> "$marks/signals"' TERM
              echo $$ >> "$marks/pid"
              while test -d "$marks"; do sleep 0.2 || echo "asked to end"; done
            ```
            timeout 1s
            no rollback "a test"
          }
          \(Form.step("never"))
        """)
      let result = try await site.reprise("run", "work")
      #expect(result.status == 1, "\(result.text) \(result.errorText)")
      #expect(result.text.contains("the action did not end within its timeout"), "\(result.text)")
      #expect(site.mark("signals")?.hasPrefix("TERM\n") ?? false, "asked first")
      let pid = try #require(site.mark("pid").flatMap { pid_t($0.dropLast()) })
      #expect(kill(pid, 0) != 0, "it lives")
      #expect(site.marks == ["pid", "signals"])
      // Asked at the end of the timeout, ended ten seconds after that.
      let history = try await site.reprise("history", "work", "--json")
      #expect(history.text.contains(#""exitStatus":137"#), "\(history.text)")
    }
  }
}
