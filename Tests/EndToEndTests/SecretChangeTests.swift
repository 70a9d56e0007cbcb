import Foundation
import RunbookTestSupport
import Testing

/// A secret that is changed while an action that got it is at work.
@Suite("Secrets that change", .serialized)
struct SecretChangeTests {
  private static let old = "the-old-pass-17"
  private static let new = "another-pass-17"

  private func prepare(_ site: Site) throws {
    try site.write("secret", Self.old)
    try site.writeRunbook(
      "work",
      """
        secret pass from file "\(site.directory)/secret"
        step print on all {
          run ```
            echo x >> "$marks/count"
            echo "first $pass"
            while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done
            echo "second $pass"; echo "error $pass" >&2
          ```
          check `echo "found $pass"; echo "hint $pass" >&2; test -n "$pass"`
          no rollback "a test"
        }
        step after on all { run `echo "third $pass"` no rollback "a test" }
      """)
  }

  /// Runs until the first line is journaled, kills the engine, and lets the action go on.
  private func interrupt(_ site: Site) async throws {
    let process = try site.start(["run", "work"])
    #expect(await waitUntil(.seconds(20)) { process.outputSoFar.contains("first *") })
    process.kill()
    _ = try await process.wait()
    try site.write("marks/go", "")
  }

  @Test(.timeLimit(.minutes(1))) func whatIsLeftOfTheOutputIsWithheld() async throws {
    try await Site.run(hosts: 1) { site in
      try prepare(site)
      try await interrupt(site)
      try site.write("secret", Self.new)
      let result = try await site.reprise("resume")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      #expect(result.text.contains("of its output withheld: a secret has changed since"))
      #expect(site.mark("count") == "x\n")
      let mask = String(repeating: "*", count: 15)
      let logs = try await site.reprise("logs", "work", "print@h1")
      #expect(logs.text == "first \(mask)\n")
      #expect(logs.errorText.contains("[23 bytes of standard output are missing here: withheld"))
      #expect(logs.errorText.contains("[22 bytes of standard error are missing here: withheld"))
      #expect(try await site.reprise("logs", "work", "after@h1").text == "third \(mask)\n")
      let skipped = try await site.events(site.newestRun())
        .filter { $0["event"] as? String == "outputSkipped" }
      #expect(skipped.count == 2)
      #expect(skipped.allSatisfy { $0["reason"] as? String == "secretChanged" })
      #expect(
        try await site.reprise("history", "work").text.contains("45 bytes of its output withheld"))
      for secret in [Self.old, Self.new] { #expect(try site.traces(of: secret).isEmpty) }
    }
  }

  @Test(.timeLimit(.minutes(1))) func nothingIsWithheldOfAnOutputWhoseSecretIsTheSame()
    async throws
  {
    try await Site.run(hosts: 1) { site in
      try prepare(site)
      try await interrupt(site)
      let result = try await site.reprise("resume")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      let mask = String(repeating: "*", count: 15)
      let logs = try await site.reprise("logs", "work", "print@h1")
      #expect(logs.text == "first \(mask)\nsecond \(mask)\n")
      #expect(logs.errorText == "error \(mask)\n")
      #expect(try site.traces(of: Self.old).isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(1))) func anAttemptThatHadNotStartedGetsTheNewValue() async throws {
    try await Site.run(hosts: 1) { site in
      try prepare(site)
      try site.write("marks/go", "")
      let whole = try await site.reprise("run", "work")
      #expect(whole.status == 0)
      let events = try await site.events(site.newestRun())
      let sealed = try #require(
        events.first { $0["event"] as? String == "secretsSealed" }?["sequence"] as? Int)
      try site.clearMarks()
      try site.write("marks/go", "")
      try site.write("secret", Self.old)
      #expect(try await site.reprise("run", "work", crashAfter: sealed).status == 128 + 9)
      try site.write("secret", Self.new)
      let result = try await site.reprise("resume")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      #expect(site.mark("count") == "x\n")
      #expect(!result.text.contains("withheld"))
      let mask = String(repeating: "*", count: 15)
      await #expect(
        try site.reprise("logs", "work", "print@h1").text == "first \(mask)\nsecond \(mask)\n")
    }
  }
}

extension Site {
  /// Files of the engine's state that hold these bytes.
  func traces(of secret: String, in state: String = "state") throws -> [String] {
    let root = "\(directory)/\(state)"
    let names = FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []
    return names.filter { name in
      FileManager.default.contents(atPath: "\(root)/\(name)")?
        .range(of: Data(secret.utf8)) != nil
    }
  }
}
