import Foundation
import RunbookTestSupport
import Testing

/// Hosts that can't be reached, and commands that are copied from what was said of them.
@Suite("Hosts that refuse", .serialized)
struct RefusalTests {
  /// More than one run: a process that ended while its threads still ended sessions died of it now
  /// and then.
  @Test(.timeLimit(.minutes(2)))
  func endInOrderAndAreAllNamed() async throws {
    try await Site.run { site in
      try site.writeRunbook("work", #"step look on all { check `test -d "$marks"` }"#)
      try site.write("known_hosts", "")
      for number in 1...8 {
        let refused = try await site.reprise("run", "work")
        #expect(refused.status == 69, "\(number): \(refused.text) \(refused.errorText)")
        for host in site.hosts {
          #expect(refused.text.contains("✗ \(host) can't be reached"), "\(number): \(refused.text)")
        }
        #expect(refused.text.contains("When that is mended"), "\(number): \(refused.text)")
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func areKnownToAPlanThatAsksThemNothing() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work", #"step one on all { run `touch "$marks/one"` no rollback "a test" }"#)
      site.servers[1].stop()
      let plan = try await site.reprise("plan", "work")
      #expect(plan.status == 69, "\(plan.text) \(plan.errorText)")
      #expect(plan.text.contains("Of 2 tasks: 1 would run, 1 gave no answer"), "\(plan.text)")
      #expect(plan.text.contains("✗ h2 can't be reached: "), "\(plan.text)")
    }
  }

  /// How hosts are reached is kept with the run: later commands need not be told.
  @Test(.timeLimit(.minutes(1)))
  func areReachedAgainAsTheRunBegan() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step one on all {
            run `echo x >> "$marks/one"; test -e "$marks/mended"`
            rollback `rm "$marks/one"`
          }
        """)
      let failed = try await site.reprise("run", "work")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      let run = try await site.newestRun()
      let command = "reprise resume \(run) --state \(site.directory)/state"
      #expect(failed.text.hasSuffix(command + "\n"), "\(failed.text)")
      try site.write("marks/mended", "")
      for verb in ["resume", "rollback"] {
        let copied = try await RepriseProcess(
          [verb, run, "--state", "\(site.directory)/state"], in: site.directory
        ).wait()
        #expect(copied.status == 0, "\(verb): \(copied.text) \(copied.errorText)")
      }
      #expect(site.marks == ["mended"])
    }
  }
}
