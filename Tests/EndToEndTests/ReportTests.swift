import Foundation
import Testing

/// The reports that a runbook declares stand on their hosts after every end of a run.
@Suite("Declared reports", .serialized)
struct ReportTests {
  struct Ending: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let status: Int
    let told: String
    let body: String
  }

  static let endings = [
    Ending(
      testDescription: "done", status: 0, told: "✅ done",
      body: #"step a on all { run `echo x > "$marks/a"` no rollback "a test" }"#),
    Ending(
      testDescription: "failed", status: 1, told: "❌ failed",
      body: "step a on all { run `exit 3` no rollback \"a test\" }"),
    Ending(
      testDescription: "rolled back", status: 1, told: "↩ rolled back",
      body: """
        on failure rollback
        step a on all { run `echo x > "$marks/a"` rollback `rm "$marks/a"` }
        step b on all { run `exit 3` no rollback "a test" }
        """),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: endings)
  func tellHowTheRunEndedWhereverItsEngineWasKilled(_ ending: Ending) async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", "report \"$marks/report.md\" on all\n" + ending.body)
      let whole = try site.reprise("run", "work")
      #expect(whole.status == ending.status, "\(whole.text) \(whole.errorText)")
      let length = try site.events(try site.newestRun()).count
      for event in 1...length {
        try site.clearMarks()
        let state = "state\(event)"
        let killed = try site.reprise("run", "work", state: state, crashAfter: event)
        #expect(killed.status == 128 + 9, "event \(event): \(killed.text)")
        if event < length {
          let ended = try site.reprise("resume", state: state)
          #expect(ended.status == ending.status, "event \(event): \(ended.text) \(ended.errorText)")
        }
        // After the last event nobody has to resume anything.
        let report = site.mark("report.md") ?? "no report"
        #expect(status(in: report).contains(ending.told), "event \(event): \(report)")
      }
    }
  }

  private func status(in report: String) -> String {
    report.split(separator: "\n").first { $0.contains("Final status") }.map(String.init) ?? report
  }
}
