import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Synchronization
import Testing

@testable import RunbookTransport

/// What libssh2 lacks is left to the system's ssh, and said once.
@Suite(.serialized) struct AutoDialerTests {
  @Test func aHostThatLibSSH2ServesNeedsNoNotice() async throws {
    try await LoopbackSSHD.run { servers in
      let notices = try await dial(servers[0], servers[0].options)
      #expect(notices.isEmpty)
    }
  }

  @Test func anRSAKeyIsServedByOpenSSHAndSaidOnce() async throws {
    try await LoopbackSSHD.withRSAIdentity { server, options in
      let notices = try await dial(server, options, times: 3)
      #expect(notices.count == 1)
      #expect(notices.first?.contains("RSA key \(options.identities[0])") == true)
    }
  }

  @Test(arguments: [
    "Ciphers aes128-gcm@openssh.com,chacha20-poly1305@openssh.com",
    "MACs hmac-sha2-256-etm@openssh.com",
    "KexAlgorithms sntrup761x25519-sha512@openssh.com",
  ])
  func algorithmsThatLibSSH2LacksAreServedByOpenSSH(_ line: String) async throws {
    try await LoopbackSSHD.run(options: .init(configuration: [line])) { servers in
      let notices = try await dial(servers[0], servers[0].options)
      #expect(notices.count == 1)
      let (reason, remedy) = try await SSHImplementation.libssh2.refusal(
        servers[0], servers[0].options)
      #expect(reason.contains("no algorithm in common"))
      #expect(remedy.contains("--transport openssh"))
    }
  }

  @Test(arguments: [["rsa"], ["rsa", "ed25519"]])
  func aHostThatIsKnownByItsRSAKeyIsServedByOpenSSH(_ types: [String]) async throws {
    try await LoopbackSSHD.run(options: .init(hostKeyTypes: types)) { servers in
      var options = servers[0].options
      options.knownHostsFile = servers[0].directory + "/only_rsa"
      try servers[0].knownHostsLine("rsa").write(to: options.knownHostsFile!)
      let notices = try await dial(servers[0], options)
      #expect(notices.count == 1)
    }
  }

  @Test func aHostKnownByAnAuthorityIsServedByOpenSSH() async throws {
    try await LoopbackSSHD.run(options: .init(hostKeyTypes: ["ed25519"])) { servers in
      let server = servers[0]
      let authority = server.directory + "/authority"
      try await LoopbackSSHD.makeKey(authority)
      try await SpawnedProcess.run(
        "/usr/bin/ssh-keygen",
        ["-q", "-s", authority, "-h", "-I", "host", server.directory + "/host_ed25519.pub"],
        log: server.log)
      let certificate = server.directory + "/host_ed25519-cert.pub"
      try server.stop(appending: ["HostCertificate \(certificate)"])
      try await server.start()
      let key = try String(contentsOfFile: authority + ".pub", encoding: .utf8)
      var options = server.options
      options.knownHostsFile = server.directory + "/authorities"
      try "@cert-authority [127.0.0.1]:* \(key)".write(to: options.knownHostsFile!)
      let notices = try await dial(server, options)
      #expect(notices.first?.contains("certificate authority") == true)
      let (reason, _) = try await SSHImplementation.libssh2.refusal(server, options)
      #expect(reason.contains("certificate authority"))
    }
  }

  @Test func aHostWithACertificateIsServedByOpenSSH() async throws {
    try await LoopbackSSHD.run { servers in
      let server = servers[0]
      let authority = server.directory + "/authority"
      try await LoopbackSSHD.makeKey(authority)
      try await SpawnedProcess.run(
        "/usr/bin/ssh-keygen",
        ["-q", "-s", authority, "-I", "me", "-n", NSUserName(), server.identity + ".pub"],
        log: server.log)
      let notices = try await dial(server, server.options)
      #expect(notices.first?.contains("identity-cert.pub") == true)
    }
  }

  @Test func aProxyCommandIsServedByOpenSSH() async throws {
    try await LoopbackSSHD.run { servers in
      var options = servers[0].options
      options.configurationFile = servers[0].directory + "/config"
      let proxy = "bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & exec cat >&3'"
      try "Host *\n  ProxyCommand \(proxy)\n".write(to: options.configurationFile!)
      let notices = try await dial(servers[0], options)
      #expect(notices.first?.contains("ProxyCommand") == true)
    }
  }

  @Test func whatOpenSSHCouldNotDoEitherIsNotTried() async throws {
    try await LoopbackSSHD.run(count: 2) { servers in
      var options = servers[0].options
      options.knownHostsFile = servers[1].knownHosts
      let failure = await SSHImplementation.auto.failure(servers[0], options)
      guard case .hostKeyUnknown = failure else {
        Issue.record("got \(String(describing: failure))")
        return
      }
    }
  }

  /// Dials and echoes; returns what was said to the user.
  private func dial(
    _ server: LoopbackSSHD, _ options: SSHOptions, times: Int = 1
  ) async throws -> [String] {
    let notices = Notices()
    let dialer = AutoDialer(options: options) { notices.add($0) }
    for _ in 0..<times {
      let recorder = ChannelRecorder()
      let channel = try await dialer.dial(
        server.host("web-1"), command: "exec cat", receive: recorder.receive)
      channel.write(Array("hello".utf8))
      #expect(await recorder.wait { $0.output == Array("hello".utf8) })
    }
    await dialer.shutDown()
    #expect(notices.all.allSatisfy { $0.hasPrefix("web-1 ") })
    return notices.all
  }
}

private final class Notices: Sendable {
  private let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock { $0 } }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
}
