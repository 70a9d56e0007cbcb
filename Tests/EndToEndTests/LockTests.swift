import Foundation
import RunbookTestSupport
import Testing

/// One name, one run at a time: within a state directory, and on the hosts between several.
@Suite("Locks", .serialized)
struct LockTests {
  private static let work = """
      lock "a test of $marks" on all
      step long on all {
        run `echo x >> "$marks/long.$host"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
        no rollback "a test"
      }
    """

  private func startHolding(_ site: Site) async throws -> (process: RepriseProcess, run: String) {
    try site.writeRunbook("work", Self.work)
    let process = try site.start(["run", "work"])
    #expect(
      await waitUntil(.seconds(30)) { site.hosts.allSatisfy { site.mark("long.\($0)") != nil } })
    return (process, try await site.newestRun())
  }

  private func expectRefused(_ site: Site, state: String, holder: String) async throws {
    let refused = try await site.reprise("run", "work", state: state)
    #expect(refused.status == 76, "\(refused.text) \(refused.errorText)")
    #expect((refused.text + refused.errorText).contains(holder), "\(refused.text)")
    for host in site.hosts { #expect(site.mark("long.\(host)") == "x\n") }
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["state", "other"])
  func aSecondRunIsToldWhoHoldsIt(_ state: String) async throws {
    try await Site.run(hosts: 2) { site in
      let (process, run) = try await startHolding(site)
      try await expectRefused(site, state: state, holder: run)
      try site.write("marks/go", "")
      #expect(try await process.wait().status == 0)
      let second = try await site.reprise("run", "work", state: state)
      #expect(second.status == 0, "\(second.text) \(second.errorText)")
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["state", "other"])
  func aKilledHolderKeepsItAndItsResumeGoesOn(_ state: String) async throws {
    try await Site.run(hosts: 2) { site in
      let (process, run) = try await startHolding(site)
      process.kill()
      _ = try await process.wait()
      try await expectRefused(site, state: state, holder: run)
      try site.write("marks/go", "")
      let resumed = try await site.reprise("resume", run)
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      let second = try await site.reprise("run", "work", state: state)
      #expect(second.status == 0, "\(second.text) \(second.errorText)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func aFailedRunGivesItBackAndItsResumeTakesItAgain() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "fails",
        """
          lock "a test of $marks" on all
          step mended on all { check `test -e "$marks/mended"` }
        """)
      #expect(try await site.reprise("run", "fails").status == 1)
      let failed = try await site.newestRun()
      let (process, run) = try await startHolding(site)
      let refused = try await site.reprise("resume", failed)
      #expect(refused.status == 76, "\(refused.text) \(refused.errorText)")
      #expect((refused.text + refused.errorText).contains(run))
      try site.write("marks/go", "")
      #expect(try await process.wait().status == 0)
      try site.write("marks/mended", "")
      let resumed = try await site.reprise("resume", failed)
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
    }
  }

  /// Also by another state directory, which only the hosts can tell of.
  @Test(.timeLimit(.minutes(2)), arguments: ["state", "other"])
  func aRunIsNotRolledBackWhileAnotherHoldsIt(_ state: String) async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "done",
        """
          lock "a test of $marks" on all
          step make on all {
            run `touch "$marks/made.$host"`
            rollback `rm "$marks/made.$host"`
          }
        """)
      #expect(try await site.reprise("run", "done", state: state).status == 0)
      let done = try await site.newestRun(state: state)
      let (process, run) = try await startHolding(site)
      let refused = try await site.reprise("rollback", done, "--yes", state: state)
      #expect(refused.status == 76, "\(refused.text) \(refused.errorText)")
      #expect((refused.text + refused.errorText).contains(run))
      #expect(site.hosts.allSatisfy { site.marks.contains("made.\($0)") })
      try site.write("marks/go", "")
      #expect(try await process.wait().status == 0)
      // Refused by the hosts it had begun, and goes on.
      let again = state == "state" ? ["rollback", done, "--yes"] : ["resume", done]
      let undone = try await site.start(again, state: state).wait(.seconds(60))
      #expect(undone.status == 0, "\(undone.text) \(undone.errorText)")
      #expect(!site.hosts.contains { site.marks.contains("made.\($0)") })
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func aLockThatIsNotWholeIsToldWithItsFileAndRemedy() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          lock "a test of $marks" on all
          lock "another test of $marks" on all
          step hold on all {
            run `for f in $(grep -l "test of $marks" /var/tmp/reprise-locks/*); do echo "$f"; done`
            no rollback "a test"
            output files
          }
        """)
      let done = try await site.reprise("run", "work")
      #expect(done.status == 0, "\(done.text) \(done.errorText)")
      let logs = try await site.reprise("logs", try site.newestRun(), "hold")
      let files = logs.text.split(separator: "\n").map(String.init)
      // One file for each, and no other name of it.
      try #require(files.count == 2, "\(logs.text)")
      #expect(!files.contains { FileManager.default.fileExists(atPath: $0) })
      defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
      try Data().write(to: URL(fileURLWithPath: files[0]))
      let refused = try await site.reprise("run", "work")
      #expect(refused.status == 76, "\(refused.text) \(refused.errorText)")
      #expect(refused.text.contains("remove it: rm \(files[0])"), "\(refused.text)")
      try FileManager.default.removeItem(atPath: files[0])
      let resumed = try await site.reprise("resume")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
    }
  }

  private static let canMount: Bool = {
    let place = NSTemporaryDirectory() + "mount-\(UUID().uuidString)"
    let line =
      "touch '\(place)' && mount --bind '\(place)' '\(place)' && umount '\(place)' && rm '\(place)'"
    let can = system("{ \(line); } 2> /dev/null") == 0
    if !can { print("A lock that can't be removed is not tested: this process may not mount") }
    return can
  }()

  @Test(.timeLimit(.minutes(1)), .enabled(if: canMount))
  func aLockThatCannotBeGivenBackIsToldWithItsHostAndRemedy() async throws {
    try await Site.run(hosts: 1) { site in
      // What is mounted can't be removed, whoever tries.
      let lock = "grep -lxF 'a test of \(site.directory)/marks' /var/tmp/reprise-locks/*"
      try site.writeRunbook(
        "work",
        """
          lock "a test of $marks" on all
          step hold on all { run `f=$(\(lock)); mount --bind "$f" "$f"` no rollback "a test" }
        """)
      let done = try await site.reprise("run", "work")
      let kept = try site.shell(lock + " || true").trimmingCharacters(in: .newlines)
      defer { _ = try? site.shell("umount '\(kept)' 2> /dev/null || true; rm -f '\(kept)'") }
      #expect(done.status == 0, "\(done.text) \(done.errorText)")
      #expect(done.text.contains("h1 still holds a lock of this run"), "\(done.text)")
      #expect(done.text.contains("a test of \(site.directory)/marks"), "\(done.text)")
      let history = try await site.reprise("history", try site.newestRun())
      #expect(history.text.contains("could not be given back"), "\(history.text)")
      // What it says to do does it.
      try site.shell("umount '\(kept)'")
      let remedy = try #require(done.text.components(separatedBy: "on h1:  ").last)
      try site.shell(remedy.components(separatedBy: "\n")[0])
      #expect(!FileManager.default.fileExists(atPath: kept))
    }
  }
}
