import Foundation
import RunbookTestSupport
import Testing

/// Hosts that can't be told from impostors, and logins that are refused: exit statuses, words and
/// what goes on, with each of the two programs that speak SSH.
@Suite("Whom the engine trusts", .serialized)
struct TrustTests {
  private static let transports = ["libssh2", "openssh"]

  private static func run(
    _ transport: String,
    _ body: (Site, _ reprise: (String...) async throws -> RepriseProcess.Result) async throws
      -> Void
  ) async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook("work", Form.step("a"))
      try await body(site) { (arguments: String...) in
        try await site.start(arguments + ["--transport", transport]).wait()
      }
    }
  }

  private static func expectRefused(
    _ site: Site, _ result: RepriseProcess.Result, _ words: String...
  ) {
    let said = result.text + result.errorText
    #expect(result.status == 69, "\(said)")
    for word in words + ["reprise resume"] { #expect(said.contains(word), "\(word): \(said)") }
    #expect(site.marks.isEmpty)
  }

  private static func expectDone(_ site: Site, _ result: RepriseProcess.Result) {
    #expect(result.status == 0, "\(result.text) \(result.errorText)")
    #expect(site.tree == ["a.h1": "x\n", "a.h2": "x\n"])
  }

  @Test(.timeLimit(.minutes(1)), arguments: transports)
  func anUnknownKeyIsRefusedUntilAPersonAcceptsIt(_ transport: String) async throws {
    try await Self.run(transport) { site, reprise in
      try site.write("known_hosts", "")
      Self.expectRefused(
        site, try await reprise("run", "work"), "SHA256:", "--accept-new-host-keys",
        "\(site.directory)/known_hosts")
      #expect(try site.shell("cat known_hosts").isEmpty)
      Self.expectDone(site, try await reprise("resume", "--accept-new-host-keys"))
      // They are recorded: the next run needs no word.
      try site.clearMarks()
      Self.expectDone(site, try await reprise("run", "work"))
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: transports)
  func aChangedKeyIsRefusedWhateverIsAccepted(_ transport: String) async throws {
    try await Self.run(transport) { site, reprise in
      let right = try site.shell("cat known_hosts")
      // Each shows the key of the other.
      let (first, second) = (site.servers[0], site.servers[1])
      let wrong =
        try first.knownHostsLine("ed25519", name: "[127.0.0.1]:\(second.port)")
        + second.knownHostsLine("ed25519", name: "[127.0.0.1]:\(first.port)")
      try site.write("known_hosts", wrong)
      for flags in [[], ["--accept-new-host-keys"]] {
        let result = try await site.start(["run", "work", "--transport", transport] + flags).wait()
        Self.expectRefused(site, result, "SHA256:", "ssh-keygen -R", "h1", "h2")
        #expect(try site.shell("cat known_hosts") == wrong)
      }
      try site.write("known_hosts", right)
      Self.expectDone(site, try await reprise("resume"))
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: transports)
  func aWrongKeyOfTheUserIsRefused(_ transport: String) async throws {
    try await Self.run(transport) { site, reprise in
      let key = site.servers[0].identity
      try site.shell("mkdir kept; mv '\(key)' '\(key).pub' kept/")
      try await LoopbackSSHD.makeKey(key)
      Self.expectRefused(site, try await reprise("run", "work"), "h1", "h2", key)
      try site.shell("mv kept/* \"$(dirname '\(key)')\"")
      Self.expectDone(site, try await reprise("resume"))
    }
  }
}
