import Foundation
import RunbookTestSupport
import Testing

/// `stash`, `gc` and `doctor`: what is left after runs, here and on hosts.
@Suite("Tidying up after runs", .serialized)
struct TidyTests {
  /// Names of the state directories of the servers' account.
  private func directories(_ home: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: home + "/reprise")) ?? [])
      .filter { !$0.hasPrefix(".") }.sorted()
  }

  @Test(.timeLimit(.minutes(2)))
  func gcRemovesOnlyTheDirectoriesOfEndedRunsOfThisState() async throws {
    let home = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let own = ["XDG_STATE_HOME": home + "/here"]
    try await Site.run(hosts: 1, configuration: []) { site in
      try site.writeRunbook(
        "work",
        """
          step one on all { run `touch "$marks/one"` no rollback "a test" }
          step two { run `test -e "$marks/go"` no rollback "a test" }
        """)
      #expect(try await site.reprise("run", "work", environment: own).status == 1)
      let failed = try await site.newestRun()
      try site.write("marks/go", "")
      #expect(try await site.reprise("run", "work", environment: own).status == 0)
      let done = try await site.newestRun()
      for name in [done, "zzzz"] {
        try FileManager.default.createDirectory(
          atPath: "\(home)/here/reprise/\(name)/local", withIntermediateDirectories: true)
      }
      let told = try await site.reprise("gc", "--dry-run", environment: own)
      #expect(told.status == 0, "\(told.text) \(told.errorText)")
      #expect(told.text.contains("would remove \(done)"))
      #expect(directories(home + "/here") == [failed, done, "zzzz"].sorted())
      #expect(try await site.reprise("gc", environment: own).status == 0)
      #expect(directories(home + "/here") == [failed, "zzzz"].sorted())
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func nothingStaysOnHostsThatOnlyAnEarlierOwnerOfTheRunMet() async throws {
    try await Site.run(hosts: 3) { site in
      try site.writeRunbook(
        "work",
        """
          hosts second is "h2"
          step everywhere on all { run `true` no rollback "a test" }
          step last on second { run `test -e "$marks/go"` no rollback "a test" }
        """)
      #expect(try await site.reprise("run", "work").status == 1)
      let held = "find \(site.stateHome) -name id | wc -l"
      #expect(try site.shell(held) == "3\n")
      try site.write("marks/go", "")
      let resumed = try await site.reprise("resume")
      #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
      #expect(try site.shell("ls -A \(site.stateHome)") == "")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func stashNamesAndPurgesWhatARunMovedAside() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", "  step aside on all { stash \"$marks/*\" }")
      try site.write("marks/a", "1")
      #expect(try await site.reprise("run", "work").status == 0)
      #expect(site.marks.isEmpty)
      let listed = try await site.reprise("stash")
      #expect(listed.status == 0, "\(listed.text) \(listed.errorText)")
      #expect(listed.text.contains("aside@h1"))
      #expect(try await site.reprise("stash", "--purge").status == 64)
      let purged = try await site.reprise("stash", "work", "--purge", "--yes")
      #expect(purged.status == 0, "\(purged.text) \(purged.errorText)")
      #expect(purged.text.contains("removed"))
      let left = try site.shell("ls .reprise-stash").split(separator: "\n")
      #expect(left.count == 1 && left[0].hasSuffix(".purged"), "\(left)")
      #expect(try await site.reprise("stash").text.contains("No run has files moved aside."))
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func doctorFindsAChangedJournal() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", "  step one on all { check `test -d \"$marks\"` }")
      #expect(try await site.reprise("run", "work").status == 0)
      let well = try await site.reprise("doctor")
      #expect(well.text.contains("every chain intact"), "\(well.text) \(well.errorText)")
      let path = "\(site.directory)/state/reprise.sqlite"
      // What was written last may still lie in the log beside the file.
      let moved = "sqlite3 state/reprise.sqlite 'PRAGMA wal_checkpoint(TRUNCATE)'"
      #expect(try site.shell(moved) == "0|0|0\n")
      let bytes = try #require(FileManager.default.contents(atPath: path))
      var changed = Data(bytes)
      let range = try #require(changed.range(of: Data(#""taskEnded""#.utf8)))
      changed[range.lowerBound + 1] = UInt8(ascii: "T")
      try changed.write(to: URL(fileURLWithPath: path))
      let ill = try await site.reprise("doctor")
      #expect(ill.status == 73, "\(ill.text) \(ill.errorText)")
      #expect(ill.text.contains("damaged"))
    }
  }

  @Test func explainTellsMoreAboutACode() async throws {
    let directory = NSTemporaryDirectory()
    let told = try await RepriseProcess(["check", "--explain", "r109"], in: directory).wait()
    #expect(told.status == 0)
    #expect(told.text.hasPrefix("R109\n"))
    #expect(
      try await RepriseProcess(["check", "--explain", "R999"], in: directory).wait().status == 64)
  }
}
