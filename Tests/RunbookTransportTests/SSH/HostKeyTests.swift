import Foundation
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

/// Host keys are held to OpenSSH's rules by both implementations.
@Suite(.serialized) struct HostKeyTests {
  static let both: [SSHImplementation] = [.libssh2, .openssh]

  @Test(arguments: both) func anUnknownHostIsRefusedWithItsFingerprint(
    _ kind: SSHImplementation
  ) async throws {
    try await LoopbackSSHD.run { servers in
      let server = servers[0]
      let error = await kind.failure(server, knownHosts: "")
      guard case .hostKeyUnknown(let fingerprint, let remedy) = error else {
        Issue.record("got \(String(describing: error))")
        return
      }
      let printed = try Shell.output("ssh-keygen -lf '\(server.directory)/host_ed25519.pub'")
      let expected = printed.split(separator: " ")[1]
      #expect(fingerprint == "ED25519 \(expected)")
      #expect(remedy.contains("--accept-new-host-keys"))
      #expect(remedy.contains("ssh-keyscan -p \(server.port) 127.0.0.1"))
    }
  }

  @Test(arguments: both, [false, true]) func aChangedKeyIsRefusedWhateverWasAsked(
    _ kind: SSHImplementation, acceptsNew: Bool
  ) async throws {
    try await LoopbackSSHD.run(count: 2) { servers in
      let other = try servers[1].knownHostsLine("ed25519", name: servers[0].lookedUpName)
      let error = await kind.failure(servers[0], knownHosts: other, acceptsNew: acceptsNew)
      guard case .hostKeyChanged(_, let remedy) = error else {
        Issue.record("got \(String(describing: error))")
        return
      }
      #expect(remedy.contains("ssh-keygen -R '\(servers[0].lookedUpName)'"))
    }
  }

  @Test func aKnownHostThatShowsAnotherTypeOfKeyIsNoFirstContact() async throws {
    let options = LoopbackSSHD.Options(hostKeyTypes: ["ed25519"])
    try await LoopbackSSHD.run { others in
      try await LoopbackSSHD.run(options: options) { servers in
        let known = try others[0].knownHostsLine("ecdsa", name: servers[0].lookedUpName)
        let error = await SSHImplementation.libssh2.failure(
          servers[0], knownHosts: known, acceptsNew: true)
        guard case .hostKeyChanged = error else {
          Issue.record("got \(String(describing: error))")
          return
        }
      }
    }
  }

  @Test(arguments: both) func aRevokedKeyIsRefusedThoughItIsKnown(
    _ kind: SSHImplementation
  ) async throws {
    try await LoopbackSSHD.run(options: .init(hostKeyTypes: ["ed25519"])) { servers in
      let good = try servers[0].knownHostsLine("ed25519")
      let revoked = try "@revoked " + servers[0].knownHostsLine("ed25519", name: "*")
      let error = await kind.failure(servers[0], knownHosts: good + revoked, acceptsNew: true)
      guard case .hostKeyChanged(_, let remedy) = error else {
        Issue.record("got \(String(describing: error))")
        return
      }
      #expect(remedy.contains("@revoked"))
    }
  }

  @Test(arguments: both) func hashedNamesAreFound(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      let file = servers[0].directory + "/hashed"
      try servers[0].knownHostsLine("ed25519").write(to: file)
      try await SpawnedProcess.run("/usr/bin/ssh-keygen", ["-H", "-f", file], log: "/dev/null")
      #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("|1|"))
      #expect(await kind.failure(servers[0], file: file) == nil)
    }
  }

  @Test(arguments: both, ["[127.0.0.*]:*", "127.0.0.1", "other,[127.0.0.?]:*,!elsewhere"])
  func patternsAndNamesWithoutPortAreHonoured(
    _ kind: SSHImplementation, name: String
  ) async throws {
    try await LoopbackSSHD.run { servers in
      let line = try servers[0].knownHostsLine("ed25519", name: name)
      #expect(await kind.failure(servers[0], knownHosts: line) == nil)
    }
  }

  @Test(arguments: both) func aNegatedPatternMatchesNothing(_ kind: SSHImplementation) async throws
  {
    try await LoopbackSSHD.run { servers in
      let name = "[127.0.0.*]:*,!\(servers[0].lookedUpName)"
      let line = try servers[0].knownHostsLine("ed25519", name: name)
      guard case .hostKeyUnknown = await kind.failure(servers[0], knownHosts: line) else {
        Issue.record("the pattern matched")
        return
      }
    }
  }

  @Test(arguments: both, ["ed25519", "ecdsa"]) func theServerIsAskedForTheTypeThatIsKnown(
    _ kind: SSHImplementation, type: String
  ) async throws {
    try await LoopbackSSHD.run { servers in
      let line = try servers[0].knownHostsLine(type)
      #expect(await kind.failure(servers[0], knownHosts: line) == nil)
    }
  }

  @Test(arguments: both) func theFirstContactIsRecordedOnce(_ kind: SSHImplementation) async throws
  {
    try await LoopbackSSHD.run(count: 2) { servers in
      let file = servers[0].directory + "/ssh/recorded"
      var options = servers[0].options
      options.knownHostsFile = file
      options.acceptNewHostKeys = true
      if kind == .openssh {
        try FileManager.default.createDirectory(
          atPath: servers[0].directory + "/ssh", withIntermediateDirectories: true)
      }
      let dialer = kind.dialer(options: options) { _ in }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<16 {
          group.addTask {
            _ = try await dialer.dial(
              servers[index % 2].host("h\(index)"), command: "exec cat",
              receive: ChannelRecorder().receive)
          }
        }
        try await group.waitForAll()
      }
      await dialer.shutDown()
      let recorded = try String(contentsOfFile: file, encoding: .utf8)
      if kind == .libssh2 {
        #expect(
          Set(recorded.split(separator: "\n").map { $0 + "\n" })
            == [
              try servers[0].knownHostsLine("ed25519"), try servers[1].knownHostsLine("ed25519"),
            ].reduce(into: []) { $0.insert($1) })
        #expect(recorded.split(separator: "\n").count == 2)
      }
      // From now on it is known, without being asked to accept anything.
      #expect(await kind.failure(servers[0], file: file) == nil)
      #expect(await kind.failure(servers[1], file: file) == nil)
    }
  }

  @Test func theRecordedNameIsHashedIfTheConfigurationSaysSo() async throws {
    try await LoopbackSSHD.run { servers in
      let server = servers[0]
      var options = server.options
      options.knownHostsFile = server.directory + "/recorded"
      options.acceptNewHostKeys = true
      options.configurationFile = server.directory + "/config"
      try "HashKnownHosts yes\n".write(to: server.directory + "/config")
      // A file that does not end with a line's end must not be damaged.
      try "other.host ssh-ed25519 AAAA".write(to: server.directory + "/recorded")
      try await SSHImplementation.libssh2.withChannel(server, "exec cat", options: options) {
        _, _ in
      }
      let recorded = try String(contentsOfFile: options.knownHostsFile!, encoding: .utf8)
      let lines = recorded.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines[0] == "other.host ssh-ed25519 AAAA")
      #expect(lines[1].hasPrefix("|1|"))
      #expect(await SSHImplementation.libssh2.failure(server, file: options.knownHostsFile!) == nil)
    }
  }

  @Test func aKnownHostsFileThatChangedIsReadAgain() async throws {
    try await LoopbackSSHD.run { servers in
      let server = servers[0]
      let file = server.directory + "/changing"
      try "".write(to: file)
      var options = server.options
      options.knownHostsFile = file
      let dialer = SSHDialer(options: options)
      await #expect(throws: TransportError.self) {
        _ = try await dialer.dial(
          server.host("a"), command: "exec cat", receive: ChannelRecorder().receive)
      }
      try server.knownHostsLine("ed25519").write(to: file)
      _ = try await dialer.dial(
        server.host("a"), command: "exec cat", receive: ChannelRecorder().receive)
      await dialer.shutDown()
    }
  }
}

extension LoopbackSSHD {
  var lookedUpName: String { "[127.0.0.1]:\(port)" }
}

extension SSHImplementation {
  /// Dials with these known hosts; nil: it worked.
  func failure(
    _ server: LoopbackSSHD, knownHosts: String, acceptsNew: Bool = false
  ) async -> TransportError? {
    let file = server.directory + "/known_\(UUID().uuidString.prefix(8))"
    try? knownHosts.write(to: file)
    return await failure(server, file: file, acceptsNew: acceptsNew)
  }

  func failure(
    _ server: LoopbackSSHD, file: String, acceptsNew: Bool = false
  ) async -> TransportError? {
    var options = server.options
    options.knownHostsFile = file
    options.acceptNewHostKeys = acceptsNew
    return await failure(server, options)
  }

  func failure(_ server: LoopbackSSHD, _ options: SSHOptions) async -> TransportError? {
    let dialer = dialer(options: options) { _ in }
    let result: TransportError?
    do throws(TransportError) {
      _ = try await dialer.dial(
        server.host("a"), command: "exec cat", receive: ChannelRecorder().receive)
      result = nil
    } catch {
      result = error
    }
    await dialer.shutDown()
    return result
  }
}
