import Foundation
import RunbookTestSupport
import Testing

/// Secrets with awkward bytes, printed in every way, looked for everywhere.
@Suite("Where secrets must not be", .serialized)
struct SecretTests {
  private static let awkward = "q'u\"o$t(e)`s\\ n\newline é☃; * end-of-it"
  private static let long = (0..<500).map {
    String(format: "%03x", ($0 * 2_654_435_761) % 4093) + "k-Zw~"
  }
  .joined()

  /// What none of the places may have: the values, parts of the long one, and their base64 forms.
  private static var needles: [Data] {
    var found = [Data(awkward.utf8), Data(long.utf8)]
    for start in stride(from: 0, to: long.utf8.count - 40, by: 777) {
      found.append(Data(long.utf8.dropFirst(start).prefix(40)))
    }
    found += [awkward.prefix(14), awkward.suffix(14)].map { Data($0.utf8) }
    for value in [awkward, long] {
      found.append(Data(Data(value.utf8).base64EncodedString().prefix(44).utf8))
    }
    return found
  }

  private static func hasNeedle(_ data: Data) -> Bool {
    needles.contains { data.range(of: $0) != nil }
  }

  /// Files below a directory that have one.
  private static func traces(in directory: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: directory)?.allObjects as? [String] ?? []
    return names.filter { name in
      FileManager.default.contents(atPath: "\(directory)/\(name)").map(hasNeedle) ?? false
    }
  }

  /// Processes of this machine, which is engine and host, that have one among their arguments.
  private static func argumentTraces() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
      guard Int(name) != nil,
        let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return false }
      return hasNeedle(data)
    }
  }

  private static let runbook = """
      secret awkward from file "SITE/awkward"
      secret long from env "LONG_SECRET"
      step wait on all {
        run ```
          echo x > "$marks/waiting.$host"
          while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done
          test "${#long}" = 4000 && test -n "$awkward"
        ```
        no rollback "a test"
      }
      step whole on all {
        run ```
          printf '%s\\n%s\\n' "$awkward" "$long"
          printf '%s' "$awkward$long" >&2
        ```
        check `printf '%s %s' "$long" "$awkward"; printf %s "$awkward" >&2`
        no rollback "a test"
      }
      step split on all {
        run ```
          first=$(printf %s "$long" | head -c 1999)
          printf %s "$first"
          sleep 0.5
          printf %s "${long#"$first"}"
          sleep 0.5
          printf %s "$awkward" | head -c 9
          sleep 0.5
          printf %s "$awkward" | tail -c +10
        ```
        no rollback "a test"
      }
      step encoded on all {
        run `printf %s "$long" | base64; printf %s "$awkward" | base64 -w 0; printf 'ab%s' "$awkward" | base64`
        no rollback "a test"
      }
      step output on all { check `true` output both from `printf '%s/%s' "$awkward" "$long"` }
      step reads on all { run `printf '%s\\n' "$both"` no rollback "a test" }
      step fails on all {
        run `printf 'can not use %s\\n' "$awkward" >&2; printf '%s' "$long"; exit 3`
        no rollback "a test"
      }
    """

  @Test(.timeLimit(.minutes(2))) func areFoundNowhere() async throws {
    let hostState = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: hostState) }
    #expect(Self.long.utf8.count == 4000)
    try await Site.run(hosts: 2, configuration: ["SetEnv XDG_STATE_HOME=\(hostState)"]) { site in
      try site.write("awkward", Self.awkward)
      try site.writeRunbook(
        "work", Self.runbook.replacingOccurrences(of: "SITE", with: site.directory))
      let environment = ["LONG_SECRET": Self.long]
      let process = try site.start(["run", "work"], environment: environment)
      await #expect(
        waitUntil(.seconds(20)) { site.mark("waiting.h1") != nil && site.mark("waiting.h2") != nil }
      )
      #expect(Self.traces(in: hostState).isEmpty, "before anything was printed")
      try site.write("marks/go", "")
      // While the actions run: what they print stands in their output files and nowhere else.
      var arguments: Set<String> = []
      await #expect(
        waitUntil(.seconds(60)) {
          arguments.formUnion(Self.argumentTraces())
          return !process.isRunning
        })
      #expect(arguments.isEmpty)
      let result = try await process.wait()
      #expect(result.status == 1, "\(result.text) \(result.errorText)")
      #expect(result.text.contains("fails on h1 and h2"))
      let printed = [result.output, result.error].map { Data($0) }
      #expect(!printed.contains(where: Self.hasNeedle))
      #expect(Self.traces(in: "\(site.directory)/state").isEmpty)
      // What a failed run keeps on its hosts, claims and statuses, has none either.
      #expect(await waitUntil(.seconds(10)) { Self.traces(in: hostState).isEmpty })
      let kept = FileManager.default.subpaths(atPath: hostState) ?? []
      #expect(kept.contains { $0.hasSuffix(".c") })
      for command in [
        ["history", "work"], ["history", "work", "--events", "--json"], ["logs", "work"],
        ["logs", "work", "split@h1"], ["logs", "work", "encoded@h2"], ["show", "work", "--json"],
        ["report", "work"], ["report", "work", "--format", "html"],
        ["report", "work", "--format", "json"], ["runs", "--json"],
      ] {
        let shown = try await site.start(command).wait()
        #expect(shown.status == 0, "\(command)")
        #expect(!Self.hasNeedle(Data(shown.output + shown.error)), "\(command)")
      }
      let mask = String(repeating: "*", count: 4000)
      #expect(try await site.reprise("logs", "work", "split@h1").text.hasPrefix(mask))
      // A resume that fails in the same place, then one that is cancelled: nothing new appears.
      let again = try await site.start(["resume"], environment: environment).wait()
      #expect(again.status == 1, "\(again.text) \(again.errorText)")
      #expect(!Self.hasNeedle(Data(again.output + again.error)))
      #expect(Self.traces(in: "\(site.directory)/state").isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(1))) func leaveTheHostWithARunThatIsDone() async throws {
    let hostState = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: hostState) }
    try await Site.run(hosts: 1, configuration: ["SetEnv XDG_STATE_HOME=\(hostState)"]) { site in
      try site.write("awkward", Self.awkward)
      try site.writeRunbook(
        "work",
        """
          secret awkward from file "\(site.directory)/awkward"
          step whole on all { run `: "$marks"; printf %s "$awkward"` no rollback "a test" }
          step encoded on all { run `printf %s "$awkward" | base64` no rollback "a test" }
          step split on all {
            run `printf %s "$awkward" | head -c 15; sleep 0.5; printf %s "$awkward" | tail -c +16`
            no rollback "a test"
          }
        """)
      #expect(try await site.reprise("run", "work").status == 0)
      #expect(await waitUntil(.seconds(10)) { Self.traces(in: hostState).isEmpty })
      #expect(Self.traces(in: "\(site.directory)/state").isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["", "x", "xyz"])
  func aShortOneIsRefusedBeforeAnythingStarts(_ value: String) async throws {
    try await Site.run(hosts: 1) { site in
      try site.write("short", value)
      try site.writeRunbook(
        "work",
        """
          secret short from file "\(site.directory)/short"
          step use on all { run `echo "$short" > "$marks/used"` no rollback "a test" }
        """)
      let result = try await site.reprise("run", "work")
      #expect(result.status != 0 && result.status != 1, "\(result.status)")
      #expect(result.errorText.contains("it has fewer than 4 bytes"), "\(result.errorText)")
      #expect(result.errorText.contains("choose a longer one"))
      #expect(site.marks.isEmpty)
    }
  }
}
