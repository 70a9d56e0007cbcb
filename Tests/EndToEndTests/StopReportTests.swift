import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// Declared reports where a run stops before its end, and where it is cancelled.
@Suite("Reports of runs that stop", .serialized)
struct StopReportTests {
  private static let runbook = """
      report "$marks/report.md" on all
      step work on all {
        run `touch "$marks/work"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
        no rollback "a test"
      }
      step ask { confirm "go on?" }
    """

  private func status(_ site: Site) -> String {
    let report = site.mark("report.md") ?? "no report"
    return report.split(separator: "\n").first { $0.contains("Final status") }.map(String.init)
      ?? report
  }

  @Test(.timeLimit(.minutes(1)))
  func standOnTheHostAtEachStop() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", Self.runbook)
      let process = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.marks.contains("work") })
      #expect(!site.marks.contains("report.md"))
      process.kill(SIGINT)
      #expect(try await process.wait().status == 75)
      #expect(status(site).contains("⏸ stopped: detached by the operator"), "\(status(site))")
      try site.write("marks/go", "")
      #expect(try await site.reprise("resume").status == 75)
      #expect(status(site).contains("⏸ stopped: waiting for a person"), "\(status(site))")
      #expect(try await site.reprise("cancel", "work").status == 0)
      #expect(status(site).contains("❌ cancelled"), "\(status(site))")
      #expect(try await site.reprise("resume", "--approve", "ask").status == 0)
      #expect(status(site).contains("✅ done"), "\(status(site))")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func standThereWhenTheOwnerIsCancelled() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", Self.runbook)
      let process = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.marks.contains("work") })
      #expect(try await site.reprise("cancel", "work").status == 0)
      #expect(try await process.wait().status == 1)
      #expect(status(site).contains("❌ cancelled"), "\(status(site))")
    }
  }
}
