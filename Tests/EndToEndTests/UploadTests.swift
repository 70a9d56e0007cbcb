import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// `upload`: a file of this machine is put in place on real hosts, once, whole, and back again.
@Suite("An upload", .serialized)
struct UploadTests {
  /// The files of the test, with names that a shell would stumble over.
  private static let path = "put here's.bin"

  /// Bytes of every value, never the same block twice.
  private static func bytes(_ count: Int, seed: UInt64 = 1) -> Data {
    var choices = Choices(seed: seed)
    var data = Data(capacity: count + 8)
    while data.count < count {
      withUnsafeBytes(of: choices.next()) { data.append(contentsOf: $0) }
    }
    return data.prefix(count)
  }

  private func put(_ site: Site, _ data: Data, as name: String = "app.bin") throws {
    try data.write(to: URL(fileURLWithPath: "\(site.directory)/runbooks/\(name)"))
  }

  private func content(_ site: Site, _ host: String) -> Data? {
    FileManager.default.contents(atPath: "\(site.directory)/marks/\(host)/\(Self.path)")
  }

  private func mode(_ site: Site, _ host: String) throws -> Int? {
    let path = "\(site.directory)/marks/\(host)/\(Self.path)"
    return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  /// One directory for each host: the loopback servers share one file system.
  private func prepare(_ site: Site, more: String = "", after: String = "") throws {
    for host in site.hosts {
      try FileManager.default.createDirectory(
        atPath: "\(site.directory)/marks/\(host)", withIntermediateDirectories: true)
    }
    try site.writeRunbook(
      "work",
      """
        step put on all {
          upload "app.bin" to "$marks/$host/\(Self.path)"
          \(more)
        }
        \(after)
      """)
  }

  /// Everything in the hosts' directories, with content and mode.
  private func tree(_ site: Site) throws -> String {
    try site.shell("cd marks; find . -printf '%p %m\\n' -type f -exec cksum {} + | sort")
  }

  @Test(.timeLimit(.minutes(3)), arguments: [0, 1, 65_536, 700_001])
  func bringsEveryByteAndKeepsTheOldFileForTheRollback(size: Int) async throws {
    try await Site.run(hosts: 2) { site in
      try prepare(site)
      try put(site, Self.bytes(size))
      let old = "\(site.directory)/marks/h1/\(Self.path)"
      try Data("old".utf8).write(to: URL(fileURLWithPath: old))
      chmod(old, 0o600)
      let before = try tree(site)
      let result = try await site.reprise("run", "work")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      for host in site.hosts { #expect(content(site, host) == Self.bytes(size)) }
      #expect(try mode(site, "h1") == 0o600)
      #expect(try mode(site, "h2") == 0o644)
      let undone = try await site.reprise("rollback", try site.newestRun())
      #expect(undone.status == 0, "\(undone.text) \(undone.errorText)")
      #expect(try tree(site) == before)
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["libssh2", "openssh"])
  func worksOverBothWaysToAHostAndAsAnotherUser(transport: String) async throws {
    try await Site.run(hosts: 1) { site in
      let user = geteuid() == 0 ? #"as "nobody""# : ""
      try prepare(site, more: user)
      chmod(site.directory, 0o755)
      chmod("\(site.directory)/marks/h1", 0o777)
      let data = Self.bytes(3_000_003)
      try put(site, data)
      let result = try await site.reprise("run", "work", "--transport", transport)
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      #expect(content(site, "h1") == data)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func bringsNothingWhereTheContentIsThereAndPlanSaysSo() async throws {
    try await Site.run(hosts: 2) { site in
      try prepare(site)
      let data = Self.bytes(200_000)
      try put(site, data)
      try data.write(to: URL(fileURLWithPath: "\(site.directory)/marks/h2/\(Self.path)"))
      let before = try tree(site)
      let plan = try await site.reprise("plan", "work", "--json")
      #expect(plan.status == 0, "\(plan.text) \(plan.errorText)")
      #expect(plan.text.contains(#""step":"put","host":"h1","verdict":"wouldRun""#), "\(plan.text)")
      #expect(
        plan.text.contains(#""step":"put","host":"h2","verdict":"satisfied""#), "\(plan.text)")
      #expect(try tree(site) == before)
      let result = try await site.reprise("run", "work")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      let logs = try await site.reprise("logs", try site.newestRun(), "put@h2")
      #expect(logs.text.contains("already has this content"))
      #expect(content(site, "h1") == data)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func killedAtEachOfItsEventsItGoesOnAndIsRolledBack() async throws {
    try await Site.run(hosts: 2) { site in
      try prepare(site, after: #"step last on all { run `exit 1` no rollback "a test" }"#)
      let data = Self.bytes(400_000)
      try put(site, data)
      let before = try tree(site)
      #expect(try await site.reprise("run", "work", state: "whole").status == 1)
      let length = try await site.events(site.newestRun(state: "whole"), state: "whole").count
      #expect(try await site.reprise("rollback", "work", state: "whole").status == 0)
      #expect(try tree(site) == before)
      for event in 1..<length {
        let state = "state\(event)"
        let killed = try await site.reprise("run", "work", state: state, crashAfter: event)
        // The last events of a run that fails may come in one commit with its end.
        #expect([1, 128 + 9].contains(killed.status), "event \(event): \(killed.errorText)")
        let resumed = try await site.reprise("resume", state: state)
        #expect(resumed.status == 1, "event \(event): \(resumed.text) \(resumed.errorText)")
        for host in site.hosts { #expect(content(site, host) == data, "event \(event)") }
        let starts = try await site.events(site.newestRun(state: state), state: state)
          .filter { $0["event"] as? String == "attemptStarted" }
          .filter { ($0["task"] as? [String: Any])?["step"] as? String == "put" }
        #expect(starts.count == 2, "event \(event)")
        let undone = try await site.reprise("rollback", "work", state: state)
        #expect(undone.status == 0, "event \(event): \(undone.text) \(undone.errorText)")
        #expect(try tree(site) == before, "event \(event)")
      }
    }
  }

  /// Bytes of the upload in the run's state directory on the host.
  static func arrived(_ site: Site, in home: String? = nil) -> Int {
    let text = try? site.shell("find '\(home ?? site.stateHome)' -name '*.tu' -printf '%s'")
    return text.flatMap { Int($0) } ?? 0
  }

  @Test(.timeLimit(.minutes(2)))
  func aFileThatChangedSinceItsUploadBeganIsNotMixedIntoTheRun() async throws {
    try await Site.run(hosts: 2) { site in
      try prepare(site, more: #"require `test "$host" = h1 || test -e "$marks/mended"`"#)
      try put(site, Self.bytes(1000))
      #expect(try await site.reprise("run", "work").status == 1)
      #expect(content(site, "h1") == Self.bytes(1000))
      try put(site, Self.bytes(1000, seed: 2))
      try site.write("marks/mended", "")
      let changed = try await site.reprise("resume")
      #expect(changed.status == 1)
      #expect(
        (changed.text + changed.errorText).contains("is not the file any more"),
        "\(changed.text) \(changed.errorText)")
      #expect(content(site, "h2") == nil)
      try put(site, Self.bytes(1000))
      let mended = try await site.reprise("resume")
      #expect(mended.status == 0, "\(mended.text) \(mended.errorText)")
      #expect(content(site, "h2") == Self.bytes(1000))
    }
  }

  @Test(
    .timeLimit(.minutes(2)),
    arguments: [
      ("", "No such file"), ("mkdir app.bin", "is a directory"),
      ("mkfifo app.bin", "no regular file"),
      ("touch app.bin; rm -r ../marks/h1", "is no directory"),
      ("touch app.bin; mkdir '../marks/h1/put here'\\''s.bin'", "is a directory"),
    ])
  func saysWhyAFileCanNotBeCopied(make: String, said: String) async throws {
    try await Site.run(hosts: 1) { site in
      try prepare(site)
      try site.shell("cd runbooks; \(make)")
      let plan = try await site.reprise("plan", "work")
      #expect(plan.status == 1, "\(plan.text) \(plan.errorText)")
      #expect(plan.text.contains(said), "\(plan.text)")
      let failed = try await site.reprise("run", "work")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      #expect((failed.text + failed.errorText).contains(said), "\(failed.text) \(failed.errorText)")
    }
  }

  @Test(
    .timeLimit(.minutes(2)),
    .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
  func aFullDiskIsNamedAndLeavesTheOldFile() async throws {
    try await Site.run(hosts: 1) { site in
      let mount = "\(site.directory)/marks/h1"
      try prepare(site)
      try put(site, Self.bytes(3_000_000))
      try site.shell("mount -t tmpfs -o size=1m none '\(mount)'")
      defer { _ = try? site.shell("umount '\(mount)'") }
      try Data("old".utf8).write(to: URL(fileURLWithPath: "\(mount)/\(Self.path)"))
      let failed = try await site.reprise("run", "work")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      let logs = try await site.reprise("logs", try site.newestRun(), "put@h1")
      #expect(logs.errorText.contains("No space left"), "\(logs.errorText)")
      #expect(content(site, "h1") == Data("old".utf8))
      let left = try FileManager.default.contentsOfDirectory(atPath: mount)
      #expect(left == [Self.path], "\(left)")
    }
  }

  @Test(
    .timeLimit(.minutes(2)),
    .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
  func aStateDirectoryWithoutRoomRefusesBeforeAnythingIsSent() async throws {
    try await Site.run(hosts: 1) { site in
      try prepare(site)
      try put(site, Self.bytes(6_000_000))
      try site.shell("mount -t tmpfs -o size=36m none '\(site.stateHome)'")
      defer { _ = try? site.shell("umount -l '\(site.stateHome)'") }
      let failed = try await site.reprise("run", "work")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      #expect(failed.text.contains("no space left"), "\(failed.text)")
      #expect(content(site, "h1") == nil)
      #expect(Self.arrived(site) == 0)
      try site.shell("mount -o remount,size=100m '\(site.stateHome)'")
      #expect(try await site.reprise("resume").status == 0)
      #expect(content(site, "h1") == Self.bytes(6_000_000))
    }
  }
}
