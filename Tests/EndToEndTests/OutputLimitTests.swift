import Foundation
import RunbookTestSupport
import Testing

/// More output than is kept: head and tail, and a gap that everybody is told of.
@Suite("The limit of what is kept of an output", .serialized)
struct OutputLimitTests {
  /// 100,000 lines of 32 bytes, so that each offset tells what must stand there.
  private static let lines = (0..<100_000).map { String(format: "%031d\n", $0) }.joined()
  private static let half = 32 << 10
  private static let printing = """
      step print on all {
        run ```
          echo x >> "$marks/count.$host"
          awk 'BEGIN { for (i = 0; i < 100000; i++) printf "%031d\\n", i }'
          while test -e "$marks/wait"; do sleep 0.1; done
        ```
        no rollback "a test"
      }
    """

  private func expectHeadAndTail(_ site: Site) async throws {
    let gap = Self.lines.utf8.count - 2 * Self.half
    let logs = try await site.reprise("logs", "work", "print@h1")
    #expect(logs.text == Self.lines.prefix(Self.half) + Self.lines.suffix(Self.half))
    let missing = "[\(gap) bytes of standard output are missing here: more was printed than "
    #expect(logs.errorText.hasPrefix(missing), "\(logs.errorText)")
    #expect(
      try await site.reprise("history", "work").text.contains("3.1 MB of its output not kept"))
    let told = try await site.reprise("logs", "work", "--json").text
    #expect(told.contains(#""stream":"output","missingBytes":\#(gap),"reason":"limit"}"#))
    let report = try await site.reprise("report", "work").text
    #expect(report.contains("3.1 MB of output not kept"))
    await #expect(
      try site.reprise("report", "work", "--format", "json").text.contains(
        "\"outputNotKept\":\(gap)"))
    let skipped = try await site.events(site.newestRun())
      .filter { $0["event"] as? String == "outputSkipped" }
    #expect(skipped.reduce(0) { $0 + ($1["length"] as? Int ?? 0) } == gap)
    #expect(site.mark("count.h1") == "x\n")
  }

  @Test(.timeLimit(.minutes(1))) func keepsTheHeadAndTheTailAndTellsOfTheGap() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", Self.printing)
      let result = try await site.reprise("run", "work", "--output-limit", "64K")
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.text.contains("print on h1: 3.1 MB of its output not kept (--output-limit)"))
      try await expectHeadAndTail(site)
    }
  }

  @Test(.timeLimit(.minutes(1))) func keepsThemAcrossADeathOfTheEngine() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", Self.printing)
      try site.write("marks/wait", "")
      let process = try site.start(["run", "work", "--output-limit", "64K"])
      #expect(await waitUntil(.seconds(20)) { process.outputSoFar.contains("not kept") })
      process.kill()
      _ = try await process.wait()
      try FileManager.default.removeItem(atPath: "\(site.directory)/marks/wait")
      #expect(try await site.reprise("resume", "--output-limit", "64K").status == 0)
      try await expectHeadAndTail(site)
    }
  }

  @Test(.timeLimit(.minutes(1))) func keepsEverythingOfWhatFitsAndNothingOfALimitOfNothing()
    async throws
  {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook("work", Self.printing)
      #expect(try await site.reprise("run", "work", "--output-limit", "3200000").status == 0)
      let whole = try await site.reprise("logs", "work", "print@h1")
      #expect(whole.text == Self.lines && whole.error.isEmpty)
      #expect(try await site.reprise("run", "work", "--output-limit", "0").status == 0)
      let nothing = try await site.reprise("logs", "work", "print@h1")
      #expect(nothing.output.isEmpty)
      #expect(nothing.errorText.hasPrefix("[3200000 bytes of standard output are missing here"))
    }
  }

  @Test(.timeLimit(.minutes(1))) func aValueThatWasNotKeptWholeFailsItsTask() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step value on all {
            run `: "$marks"; printf %02000d 7`
            output long
            no rollback "a test"
          }
        """)
      let result = try await site.reprise("run", "work", "--output-limit", "1K")
      #expect(result.status == 1)
      #expect(result.text.contains("were not kept"), "\(result.text)")
    }
  }

  @Test(.timeLimit(.minutes(1))) func noPartOfASecretStandsBesideTheGap() async throws {
    try await Site.run(hosts: 1) { site in
      let secret = (0..<30).map { "k\($0)$'" }.joined()
      try site.write("secret", secret + "\n")
      try site.writeRunbook(
        "work",
        """
          secret pass from file "\(site.directory)/secret"
          step print on all {
            run ```
              : "$marks"; i=0
              while [ "$i" -lt 2000 ]; do i=$((i + 1)); printf %s "$pass"; done
              printf %s "$pass" | base64 >&2
            ```
            no rollback "a test"
          }
        """)
      // Odd limits cut the secret at every place.
      for limit in ["1001", "1002", "4099", "33"] {
        let result = try await site.reprise("run", "work", "--output-limit", limit)
        #expect(result.status == 0, "\(result.text) \(result.errorText)")
        let logs = try await site.reprise("logs", "work", "print@h1")
        #expect(logs.output.allSatisfy { $0 == UInt8(ascii: "*") })
        // A match at the end of the head is kept whole.
        #expect(logs.output.count < (Int(limit) ?? 0) + secret.utf8.count)
        #expect(!logs.output.isEmpty)
        let encoded = Data(secret.utf8).base64EncodedString()
        for cut in stride(from: 0, to: encoded.count - 12, by: 4) {
          let part = encoded.dropFirst(cut).prefix(12)
          #expect(!logs.errorText.contains(part))
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func aSecretIsMaskedWhereTheHeadEndsAndNothingIsMissing()
    async throws
  {
    try await Site.run(hosts: 1) { site in
      try site.write("secret", "a-password-of-18-b\n")
      try site.writeRunbook(
        "work",
        """
          secret pass from file "\(site.directory)/secret"
          step print on all {
            run ```
              printf '%s' "0123456789$pass"
              echo x > "$marks/printed"
              while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done
              printf .
            ```
            no rollback "a test"
          }
        """)
      // The head of 15 bytes ends in the secret; with what follows the limit is not exceeded.
      let process = try site.start(["run", "work", "--output-limit", "30"])
      #expect(await waitUntil(.seconds(20)) { process.outputSoFar.contains("0123456789") })
      try site.write("marks/go", "")
      #expect(try await process.wait().status == 0)
      let logs = try await site.reprise("logs", "work", "print@h1")
      #expect(logs.text == "0123456789" + String(repeating: "*", count: 18) + ".")
      #expect(logs.errorText.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(2))) func theEnginesMemoryStaysFlat() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          step print on all {
            run `: "$marks"; head -c 60000000 /dev/zero | tr '\\0' '\\n'`
            no rollback "a test"
          }
        """)
      let process = try site.start(["run", "work", "--output-limit", "1M"])
      var peak = 0
      await #expect(
        waitUntil(.seconds(100)) {
          peak = max(peak, Self.peakKiB(process.pid))
          return !process.isRunning
        })
      #expect(try await process.wait().status == 0)
      #expect(peak > 0 && peak < 100 << 10, "\(peak) KiB")
      let size =
        try FileManager.default
        .attributesOfItem(atPath: "\(site.directory)/state/reprise.sqlite")[.size] as? Int
      #expect(try #require(size) < 4 << 20)
    }
  }

  /// The most that a process had resident; 0 when it is gone.
  private static func peakKiB(_ pid: pid_t) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }
}
