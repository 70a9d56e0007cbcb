import Foundation
import RunbookTestSupport
import Testing

/// The runbooks of this repository where nothing of what they look for is there.
@Suite("The runbooks that come along", .serialized)
struct ShippedRunbookTests {
  private static let runbooks = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(components: "..", "..", "runbooks").standardizedFileURL.path

  /// The three databases, the control host and the balancer of the report, with nothing installed:
  /// everything that the runbooks look for lies in a directory of the test, and so does no docker.
  private static func onPlainHosts(_ body: (Site) async throws -> Void) async throws {
    let home = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let setting = "SetEnv XDG_STATE_HOME=\(home)/state HOME=\(home) PATH=\(home)/bin"
    try await Site.run(hosts: 5, configuration: [setting]) { site in
      try site.shell(
        """
        mkdir '\(home)/bin'; ln -s /usr/bin/* /bin/* /usr/sbin/* '\(home)/bin' 2>/dev/null || true
        rm -f '\(home)/bin'/docker* '\(home)/bin'/psql*
        cp -R '\(Self.runbooks)/.' runbooks
        grep -rl /opt/keybuzz runbooks | xargs sed -i 's#/opt/keybuzz#\(site.directory)/opt#g'
        sed -i 's/within 1m/within 2s/' runbooks/parts/verify.runbook
        mkdir -p opt-installer/credentials
        echo POSTGRES_PASSWORD=none-at-all > opt-installer/credentials/postgres.env
        """)
      let names = ["db-master-01", "db-slave-01", "db-slave-02", "install-01", "haproxy-01"]
      let rows = zip(names, site.servers).map { name, server in
        let isDatabase = name.hasPrefix("db-")
        return [
          name, "127.0.0.1", "\(server.port)", NSUserName(), isDatabase ? "db" : "other",
          isDatabase ? "patroni-node" : "none",
        ].joined(separator: "\t")
      }
      let head = "HOSTNAME\tIP_PRIVEE\tPORT\tUSER_SSH\tROLE\tDOCKER_STACK"
      try site.write(
        "opt-installer/servers.tsv", ([head] + rows).joined(separator: "\n") + "\n")
      try await body(site)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func precheckSaysEverythingThatIsMissingAndWhatToDo() async throws {
    try await Self.onPlainHosts { site in
      let result = try await site.reprise("run", "precheck")
      #expect(result.status == 1, "\(result.text) \(result.errorText)")
      for words in [
        "asked   command -v docker", "do      installer Docker Engine",
        "do      monter le volume XFS sur \(site.directory)/opt/postgres/data",
        "credentials on install-01: the check does not hold", "found   REPLICATOR_PASSWORD manque",
        "nothing was changed on any host", "reprise resume",
      ] { #expect(result.text.contains(words), "\(words): \(result.text)") }
      expectFailed(result, "precheck/docker", "its requirement does not hold")
      expectFailed(result, "precheck/xfs", "the check does not hold")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func verifyStopsAtTheFirstThingThatIsNotThere() async throws {
    try await Self.onPlainHosts { site in
      let result = try await site.reprise("run", "verify")
      #expect(result.status == 1, "\(result.text) \(result.errorText)")
      for words in [
        "asked   command -v docker", "do      installer Docker Engine",
        "nothing was changed on any host, apart from the report", "reprise resume",
      ] { #expect(result.text.contains(words), "\(words): \(result.text)") }
      expectFailed(result, "verify/containers", "its requirement does not hold")
    }
  }

  /// The headline of a failure on all three databases, in whatever order they failed.
  private func expectFailed(_ result: RepriseProcess.Result, _ step: String, _ why: String) {
    let line = result.text.split(separator: "\n").first { $0.hasPrefix("✗ \(step) on ") } ?? ""
    for words in ["db-master-01", "db-slave-01", "db-slave-02", why] {
      #expect(line.contains(words), "\(words): \(result.text)")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func helloIsKilledAndResumed() async throws {
    let place = try Workplace()
    let process = try place.start([
      "run", "hello", "--runbooks", Self.runbooks, "--input", "pause=300ms",
    ])
    #expect(await waitUntil(.seconds(20)) { process.outputSoFar.contains("counted 2 of 8") })
    process.kill()
    let killed = try await process.wait()
    #expect(killed.status == 128 + 9)
    let advice = try #require(killed.text.firstRange(of: /reprise resume [0-9a-z]+/))
    let run = try #require(killed.text[advice].split(separator: " ").last.map(String.init))
    let resumed = try await place.reprise("resume", run)
    #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
    #expect(
      resumed.text.contains("counted each number once: hello 1 2 3 4 5 6 7 8"), "\(resumed.text)")
    let logs = try await place.reprise("logs", run, "count")
    for number in 1...8 {
      #expect(logs.text.components(separatedBy: "counted \(number) of 8").count == 2)
    }
  }
}
