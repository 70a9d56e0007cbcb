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
      let whole = try await site.reprise("run", "work")
      #expect(whole.status == ending.status, "\(whole.text) \(whole.errorText)")
      let length = try await site.events(site.newestRun()).count
      for event in 1...length {
        try site.clearMarks()
        let state = "state\(event)"
        let killed = try await site.reprise("run", "work", state: state, crashAfter: event)
        #expect(killed.status == 128 + 9, "event \(event): \(killed.text)")
        if event < length {
          let ended = try await site.reprise("resume", state: state)
          #expect(ended.status == ending.status, "event \(event): \(ended.text) \(ended.errorText)")
        }
        // After the last event nobody has to resume anything.
        let report = site.mark("report.md") ?? "no report"
        #expect(status(in: report).contains(ending.told), "event \(event): \(report)")
      }
    }
  }

  static let begin = "<!-- reprise: begin work -->"
  static let end = "<!-- reprise: end work -->"

  /// Files before the first run, what then stands before the section and what after it.
  static let files = [
    ("", "", "\n"),
    ("# Guide\r\n\r\nlast line\r\n", "# Guide\r\n\r\nlast line\r\n\n", "\n"),
    ("no end of line", "no end of line\n\n", "\n"),
    ("a  \n\(begin)\nold\n\(end)\n\nno end of line", "a  \n", "\n\nno end of line"),
    ("a\r\n\(begin)\r\nold\r\n\(end)\r\nz\r\n", "a\r\n", "\r\nz\r\n"),
    // Somebody removed the end: what follows may be anybody's.
    ("a\n\(begin)\nkept\n", "a\n", "\nkept\n"),
  ]

  @Test(arguments: files) func leaveTheRestOfAFileAsItIs(
    file: String, before: String, after: String
  ) async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
        input fails = false
        report "$marks/guide.md" section "work" on all
        on failure rollback
        step a on all { run `test "$fails" = false` rollback `true` }
        """)
      try site.write("marks/guide.md", file)
      for arguments in [[], ["--input", "fails=true"], []] {
        _ = try await site.start(["run", "work"] + arguments).wait()
        let text = try #require(site.mark("guide.md"))
        #expect(Array(text.utf8).starts(with: Array((before + Self.begin).utf8)), "\(text)")
        #expect(text.utf8.reversed().starts(with: (Self.end + after).utf8.reversed()), "\(text)")
        let told = arguments.isEmpty ? "✅ done" : "↩ rolled back"
        #expect(status(in: text).contains(told), "\(text)")
        #expect(text.components(separatedBy: Self.begin).count == 2, "\(text)")
      }
    }
  }

  private func status(in report: String) -> String {
    report.split(separator: "\n").first { $0.contains("Final status") }.map(String.init) ?? report
  }
}
