import Foundation
import RunbookTestSupport
import Testing

/// Values that took from a secret: later steps get them, nothing else does.
@Suite("Outputs that took from a secret", .serialized)
struct SecretOutputTests {
  private static let secret = "the-password-7"

  private func prepare(_ site: Site) throws {
    try site.write("secret", Self.secret)
    try site.writeRunbook(
      "work",
      """
        secret pass from file "\(site.directory)/secret"
        step login on all {
          run `echo "login $pass"`
          output token from ```
            echo x >> "$marks/asked.$host"
            cat "$marks/lies.$host" 2>/dev/null || printf 'token-%s-%s\\n' "$pass" "$host"
          ```
          no rollback "a test"
        }
        step use on all {
          run ```
            printf %s "$token" > "$marks/token.$host"
            echo "uses $token"; echo "and $token" | base64
          ```
          check `test "$token" = "$(cat "$marks/token.$host")" && echo "found $token"`
          no rollback "a test"
        }
        step gather { run `printf %s "$token_by_host" > "$marks/all"; echo "$token_by_host"` no rollback "a test" }
      """)
  }

  private func expectUsed(_ site: Site) async throws {
    for host in site.hosts {
      #expect(site.mark("token.\(host)") == "token-\(Self.secret)-\(host)")
    }
    #expect(
      site.mark("all")
        == site.hosts.map { "\($0)\ttoken-\(Self.secret)-\($0)" }.joined(separator: "\n"))
    for host in site.hosts {
      let token = "token-\(Self.secret)-\(host)"
      #expect(try site.traces(of: token).isEmpty)
      #expect(try site.traces(of: Data("and \(token)\n".utf8).base64EncodedString()).isEmpty)
    }
    #expect(try site.traces(of: Self.secret).isEmpty)
    for command in [
      ["history", "work", "--events", "--json"], ["report", "work"], ["logs", "work"],
    ] {
      #expect(!(try await site.start(command).wait().text.contains(Self.secret)))
    }
  }

  @Test(.timeLimit(.minutes(1))) func reachLaterStepsAndNothingElse() async throws {
    try await Site.run(hosts: 2) { site in
      try prepare(site)
      let result = try await site.reprise("run", "work")
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      #expect(!result.text.contains(Self.secret))
      try await expectUsed(site)
      let mask = String(repeating: "*", count: 23)
      #expect(
        try await site.reprise("logs", "work", "use@h1").text.hasPrefix("uses token-*") == false)
      #expect(try await site.reprise("logs", "work", "use@h1").text.hasPrefix("uses \(mask)\n"))
      #expect(site.mark("asked.h1") == "x\n", "a process that has the value does not ask again")
    }
  }

  @Test(.timeLimit(.minutes(2))) func areAskedAgainByAResume() async throws {
    try await Site.run(hosts: 2) { site in
      try prepare(site)
      #expect(try await site.reprise("run", "work").status == 0)
      let events = try await site.events(site.newestRun())
      let held = events.filter { $0["event"] as? String == "outputHeld" }
      let first = try #require(held.first?["sequence"] as? Int)
      for crash in stride(from: first - 1, to: events.count, by: 4) {
        try site.clearMarks()
        let state = "state\(crash)"
        let killed = try await site.reprise("run", "work", state: state, crashAfter: crash)
        #expect(killed.status == 128 + 9, "crash at \(crash)")
        let result = try await site.reprise("resume", state: state)
        #expect(result.status == 0, "crash at \(crash): \(result.text) \(result.errorText)")
        #expect(site.mark("token.h1") == "token-\(Self.secret)-h1", "crash at \(crash)")
        #expect(site.mark("all")?.contains("token-\(Self.secret)-h2") == true, "at \(crash)")
        #expect(try site.traces(of: Self.secret, in: state).isEmpty, "crash at \(crash)")
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func aValueThatIsTooShortFailsItsTaskAndSaysWhatToDo() async throws
  {
    try await Site.run(hosts: 1) { site in
      try prepare(site)
      try site.write("marks/lies.h1", "abc\n")
      let result = try await site.reprise("run", "work")
      #expect(result.status == 1)
      #expect(result.text.contains("it took from a secret and has fewer than 4 bytes"))
      #expect(result.text.contains("ask for it in a step whose code mentions no secret"))
      #expect(try site.traces(of: "abc").isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aTaskWhoseValueCanNotBeAskedAgainFailsAndIsTriedLater()
    async throws
  {
    try await Site.run(hosts: 2) { site in
      try prepare(site)
      #expect(try await site.reprise("run", "work").status == 0)
      let events = try await site.events(site.newestRun())
      let use = try #require(
        events.first {
          $0["event"] as? String == "stepStarted"
            && ($0["step"] as? [String: Any])?["path"] as? String == "use"
        }?["sequence"] as? Int)
      try site.clearMarks()
      #expect(
        try await site.reprise("run", "work", state: "other", crashAfter: use).status == 128 + 9)
      try site.write("marks/lies.h2", "")
      let failed = try await site.reprise("resume", state: "other")
      #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
      #expect(failed.text.contains("the output token: it can't be asked again"), "\(failed.text)")
      try FileManager.default.removeItem(atPath: "\(site.directory)/marks/lies.h2")
      #expect(try await site.reprise("resume", state: "other").status == 0)
      #expect(site.mark("token.h2") == "token-\(Self.secret)-h2")
    }
  }

  /// Hosts keep 4 KiB of the errors of a check, and 64 KiB of its output.
  @Test(.timeLimit(.minutes(1)), arguments: [(2, 4090), (1, 65_530)])
  func whatTheHostCutWithinASecretIsMasked(_ stream: Int, _ count: Int) async throws {
    let place = try Workplace()
    try place.write("token", "SECRET-of-a-test")
    try place.writeRunbook(
      "work",
      """
        secret token from file "\(place.directory)/token"
        step look {
          check `{ head -c \(count) /dev/zero | tr '\\0' x; printf %s "$token"; } >&\(stream); false`
        }
      """)
    let failed = try await place.reprise("run", "work")
    #expect(failed.status == 1, "\(failed.errorText)")
    let state = try await place.shell("cat state/*")
    let events = try await place.reprise("history", "work", "--events", "--json")
    for text in [failed.text, failed.errorText, state.text, events.text] {
      #expect(!text.contains("xSECR"))
    }
    #expect(state.text.contains("xxxx******"))
  }
}
