import Foundation
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

/// Keys of users: which one is offered, and what is said when none is taken.
@Suite(.serialized) struct SSHLoginTests {
  static let both: [SSHImplementation] = [.libssh2, .openssh]

  @Test(arguments: both) func aWrongKeyIsNamed(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      let wrong = servers[0].directory + "/wrong"
      try await LoopbackSSHD.makeKey(wrong)
      var options = servers[0].options
      options.identities = [wrong]
      let (reason, remedy) = try await kind.refusal(servers[0], options)
      #expect(reason.contains(wrong))
      #expect(remedy.contains("authorized_keys"))
    }
  }

  @Test(arguments: both) func anEncryptedKeyWithoutAnAgentIsNamed(
    _ kind: SSHImplementation
  ) async throws {
    try await LoopbackSSHD.run { servers in
      let locked = servers[0].directory + "/locked"
      try await LoopbackSSHD.makeKey(locked, passphrase: "sesame")
      var options = servers[0].options
      options.identities = [locked]
      let (reason, remedy) = try await kind.refusal(servers[0], options)
      #expect(reason.contains("\(locked) is encrypted"))
      #expect(remedy.contains("ssh-add"))
    }
  }

  @Test func anEncryptedKeyInTheOldFormatNeverAsksOnTheTerminal() async throws {
    try await LoopbackSSHD.run { servers in
      let locked = servers[0].directory + "/locked"
      try await SpawnedProcess.run(
        "/usr/bin/ssh-keygen",
        ["-q", "-t", "ecdsa", "-m", "PEM", "-N", "sesame", "-f", locked], log: servers[0].log)
      var options = servers[0].options
      options.identities = [locked]
      let (reason, _) = try await SSHImplementation.libssh2.refusal(servers[0], options)
      #expect(reason.contains("\(locked) is encrypted"))
    }
  }

  @Test func aMissingKeyAndAnExposedKeyAreNamed() async throws {
    try await LoopbackSSHD.run { servers in
      let exposed = servers[0].directory + "/exposed"
      try FileManager.default.copyItem(atPath: servers[0].identity, toPath: exposed)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: exposed)
      var options = servers[0].options
      options.identities = [servers[0].directory + "/none", exposed]
      let (reason, _) = try await SSHImplementation.libssh2.refusal(servers[0], options)
      #expect(reason.contains("/none does not exist"))
      #expect(reason.contains("\(exposed) can be read by others"))
    }
  }

  @Test(arguments: both, ["ed25519", "ecdsa"]) func keysOfTheseTypesAreTaken(
    _ kind: SSHImplementation, type: String
  ) async throws {
    let directory = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let wrong = directory + "/wrong"
    let key = directory + "/key"
    try await LoopbackSSHD.makeKey(wrong)
    try await LoopbackSSHD.makeKey(key, type: type)
    try await LoopbackSSHD.run(options: .init(authorizedKeys: [key + ".pub"])) { servers in
      var options = servers[0].options
      options.identities = [wrong, key]
      #expect(await kind.failure(servers[0], options) == nil)
    }
  }

  @Test func anOldFormatKeyIsTaken() async throws {
    let directory = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let key = directory + "/key"
    try await SpawnedProcess.run(
      "/usr/bin/ssh-keygen", ["-q", "-t", "ecdsa", "-m", "PEM", "-N", "", "-f", key],
      log: "/dev/null")
    try await LoopbackSSHD.run(options: .init(authorizedKeys: [key + ".pub"])) { servers in
      var options = servers[0].options
      options.identities = [key]
      #expect(await SSHImplementation.libssh2.failure(servers[0], options) == nil)
    }
  }

  @Test(arguments: both) func theAgentUnlocksAnEncryptedKey(_ kind: SSHImplementation) async throws
  {
    try await LoopbackSSHD.run { servers in
      let agent = try await LoopbackAgent(directory: servers[0].directory)
      defer { agent.stop() }
      try await agent.add(servers[0].identity)
      try await SpawnedProcess.run(
        "/usr/bin/ssh-keygen", ["-q", "-p", "-N", "sesame", "-f", servers[0].identity],
        log: "/dev/null")
      var options = servers[0].options
      #expect(await kind.failure(servers[0], options) != nil)
      options.usesAgent = true
      options.agentSocket = agent.socket
      #expect(await kind.failure(servers[0], options) == nil)
      // Also where no file is named at all.
      options.identities = [servers[0].directory + "/none"]
      #expect(await kind.failure(servers[0], options) == nil)
    }
  }

  @Test func aSilentAgentIsWaitedForOnlyWhereItIsNeededAndNotForLong() async throws {
    try await LoopbackSSHD.run { servers in
      let silent = try SilentSocket(directory: servers[0].directory)
      defer { silent.stop() }
      var options = servers[0].options
      options.usesAgent = true
      options.agentSocket = silent.path
      #expect(await SSHImplementation.libssh2.failure(servers[0], options) == nil)
      #expect(!silent.wasAsked)

      options.identities = [servers[0].directory + "/none"]
      let (reason, _) = try await SSHImplementation.libssh2.refusal(servers[0], options)
      #expect(reason.contains("the agent did not answer in time"))
      #expect(silent.wasAsked)
    }
  }

  @Test func theConfigurationsNamesOfKeysAreExpanded() {
    let configuration = OpenSSHConfiguration(
      lines: ["host a", "hostname a", "user alice", "port 2200"])
    let target = SSHTarget(
      host: .init(name: "n", address: "a"), configuration: configuration, options: SSHOptions())
    let expand = { IdentityFileName.expand($0, for: target) }
    #expect(expand("/k/%h_%r_%p%%") == "/k/a_alice_2200%")
    #expect(expand("~/.ssh/id") == OpenSSHConfiguration.home + "/.ssh/id")
    #expect(expand("${PATH}/x") == environmentVariable("PATH")! + "/x")
    #expect(expand("/k/%C") == nil)
    #expect(expand("/k/${NOT_SET_AT_ALL}") == nil)
  }

  @Test func anRSAKeyIsNotEnoughForLibSSH2AndSaysSo() async throws {
    try await LoopbackSSHD.withRSAIdentity { server, options in
      let (reason, remedy) = try await SSHImplementation.libssh2.refusal(server, options)
      #expect(reason.contains("RSA"))
      #expect(remedy.contains("--transport openssh"))
      #expect(await SSHImplementation.openssh.failure(server, options) == nil)
    }
  }
}

extension SSHImplementation {
  func refusal(_ server: LoopbackSSHD, _ options: SSHOptions) async throws -> (String, String) {
    let failure = await failure(server, options)
    guard case .refused(let reason, let remedy) = failure else {
      throw TestFailure("expected a refusal, got \(String(describing: failure))")
    }
    return (reason, remedy)
  }
}

extension LoopbackSSHD {
  /// A server that only takes an RSA key.
  static func withRSAIdentity(
    _ body: (LoopbackSSHD, SSHOptions) async throws -> Void
  ) async throws {
    let directory = try makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let key = directory + "/rsa"
    try await makeKey(key, type: "rsa")
    try await run(options: .init(authorizedKeys: [key + ".pub"])) { servers in
      var options = servers[0].options
      options.identities = [key]
      try await body(servers[0], options)
    }
  }
}
