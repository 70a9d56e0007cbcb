import Foundation
import RunbookTestSupport
import Testing

/// What a run keeps in memory does not grow with what its actions print. `make bench` has the
/// figure for 30 hosts × 50 MB.
@Suite("Memory", .serialized)
struct MemoryTests {
  /// The highest resident memory of a run in which each host prints so much, in kilobytes.
  private func peak(_ megabytes: Int, of site: Site) async throws -> Int {
    try site.writeRunbook(
      "print\(megabytes)",
      """
        step print on all {
          run `head -c \(megabytes)000000 /dev/urandom | tee "$marks/$host"`
          no rollback "a test"
        }
      """)
    let process = try site.start(["run", "print\(megabytes)"])
    var peak = 0
    let hasEnded = await waitUntil(.seconds(80)) {
      let status = try? String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
      let high = status?.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) }
      peak = max(peak, high ?? 0)
      return !process.isRunning
    }
    #expect(hasEnded)
    let result = try await process.wait()
    #expect(result.status == 0, "\(result.text) \(result.errorText)")
    for host in site.hosts {
      let logs = try await site.reprise("logs", "print\(megabytes)", "print@\(host)")
      try Data(logs.output).write(to: URL(filePath: "\(site.directory)/\(host).logs"))
      try site.shell("cmp 'marks/\(host)' '\(host).logs'")
    }
    return peak
  }

  @Test(.timeLimit(.minutes(3)))
  func doesNotGrowWithTheOutput() async throws {
    try await Site.run(hosts: 8) { site in
      let little = try await peak(1, of: site)
      let much = try await peak(16, of: site)
      try #require(little > 0)
      // 120 MB more were printed.
      #expect(much - little < 48 << 10, "\(little) kB, then \(much) kB")
    }
  }
}
