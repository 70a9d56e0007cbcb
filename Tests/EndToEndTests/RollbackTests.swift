import Foundation
import RunbookTestSupport
import Testing

/// A run that fails at each of its steps in turn leaves the hosts as they were.
@Suite("Rolling back", .serialized)
struct RollbackTests {
  /// Twelve steps on each host, in a directory of its own; `failing` names the one that fails.
  static let steps: [(name: String, body: String)] = [
    (
      "made",
      """
      run `mkdir "$marks/$host/made"; test "$failing" != made`
      rollback `rm -rf "$marks/$host/made"`
      """
    ),
    (
      "appended",
      """
      run `echo more >> "$marks/$host/old"; test "$failing" != appended`
      rollback `sed -i '$d' "$marks/$host/old"`
      """
    ),
    ("file", #"write "$marks/$host/file" { content "new\n" mode "0600" }"#),
    ("fresh", #"write "$marks/$host/fresh" { content `echo "$host"` }"#),
    ("aside", #"stash "$marks/$host/data/*""#),
    (
      "refilled",
      """
      run `echo new > "$marks/$host/data/one"; test "$failing" != refilled`
      rollback `rm -f "$marks/$host/data/one"`
      """
    ),
    ("kept", #"run `echo "$host" >> "$marks/../kept"` no rollback "only a note""#),
    ("far", #"stash "$marks/$host/raft/*" "$marks/$host/link" to "$marks/../far""#),
    ("uploaded", #"upload "payload" to "$marks/$host/uploaded""#),
    ("replaced", #"upload "payload" to "$marks/$host/binary""#),
    (
      "moved",
      """
      run `mv "$marks/$host/binary" "$marks/$host/moved"; test "$failing" != moved`
      rollback `test ! -e "$marks/$host/moved" || mv "$marks/$host/moved" "$marks/$host/binary"`
      """
    ),
    ("last", #"run `test "$failing" != last` rollback `true`"#),
  ]

  @Test(.timeLimit(.minutes(5)))
  func leavesTheHostsAsTheyWereWhereverItFails() async throws {
    try await Site.run { site in
      try site.write("runbooks/payload", (0..<5000).map { "line \($0)\n" }.joined())
      try site.writeRunbook(
        "work",
        "  input failing: string\n  on failure rollback\n"
          + Self.steps.map { name, body in
            """
              step \(name) on all {
                \(body)
                check `test "$failing" != \(name)`
              }
            """
          }.joined(separator: "\n"))
      for host in site.hosts {
        for (path, text) in [
          ("old", "1\n"), ("file", "was\n"), ("data/one", "1"), ("data/.hidden", "2"),
          ("data/deep/er", "3"), ("raft/journal", "\u{1}\u{2}"), ("binary", "old"),
        ] { try site.write("marks/\(host)/\(path)", text) }
        try FileManager.default.createSymbolicLink(
          atPath: "\(site.directory)/marks/\(host)/link", withDestinationPath: "raft")
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o751], ofItemAtPath: "\(site.directory)/marks/\(host)/binary")
      }
      let before = try hash(site)

      for (number, step) in Self.steps.enumerated() {
        let failed = try await site.reprise("run", "work", "--input", "failing=\(step.name)")
        let said = failed.text + failed.errorText
        #expect(failed.status == 1, "failing at \(step.name): \(said)")
        #expect(said.contains("rolled back"), "failing at \(step.name): \(said)")
        #expect(try hash(site) == before, "failing at \(step.name): \(said)")
        #expect(said.contains("only a note") == (number >= 6), "failing at \(step.name): \(said)")
      }
      let whole = try await site.reprise("run", "work", "--input", "failing=none")
      #expect(whole.status == 0, "\(whole.text) \(whole.errorText)")
      #expect(try hash(site) != before)
      #expect(try await site.reprise("rollback", try site.newestRun()).status == 0)
      #expect(try hash(site) == before)
    }
  }

  /// Every path below `marks` with its kind, mode, owner and content.
  private func hash(_ site: Site) throws -> String {
    try site.shell(
      "cd marks && find . -printf '%P %y %m %U:%G %l\\n' | sort && "
        + "find . -type f | sort | xargs sha256sum")
  }
}
