import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

/// The user's OpenSSH configuration is honoured; the inventory wins.
@Suite(.serialized) struct SSHConfigurationTests {
  @Test(arguments: [SSHImplementation.libssh2, .openssh])
  func aHostOfTheConfigurationIsReachedByItsName(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      let server = servers[0]
      let config = """
        Host db
          HostName 127.0.0.1
          Port \(server.port)
          User \(NSUserName())
          IdentityFile \(server.identity)
          UserKnownHostsFile \(server.knownHosts)
          IdentitiesOnly yes
        """
      try config.write(to: server.directory + "/config")
      let options = SSHOptions(configurationFile: server.directory + "/config")
      let dialer = kind.dialer(options: options) { _ in }
      let recorder = ChannelRecorder()
      _ = try await dialer.dial(
        Host(name: "one", address: "db"), command: "printf %s $HOME", receive: recorder.receive)
      #expect(await recorder.waitForClose())
      #expect(String(decoding: recorder.record.output, as: UTF8.self) == server.home)
      await dialer.shutDown()
    }
  }

  @Test func theInventoryWinsOverTheConfiguration() throws {
    let configuration = OpenSSHConfiguration(
      lines: ["host a", "hostname 10.0.0.9", "user alice", "port 2200"])
    let host = Host(name: "n", address: "a", user: "bob", port: 22)
    let target = SSHTarget(host: host, configuration: configuration, options: SSHOptions())
    #expect(target.address == "10.0.0.9")
    #expect(target.user == "bob")
    #expect(target.port == 22)
    #expect(target.knownHostsName == "10.0.0.9")
    let plain = Host(name: "n", address: "a")
    let asked = SSHTarget(host: plain, configuration: configuration, options: SSHOptions())
    #expect(asked.user == "alice")
    #expect(asked.knownHostsName == "[10.0.0.9]:2200")
    #expect(asked.knownHostsNameWithoutPort == "10.0.0.9")
  }

  @Test func anAnswerThatSeveralHostsShareKeepsTheirAddresses() throws {
    let configuration = OpenSSHConfiguration(
      lines: ["host first", "hostname first", "user alice", "port 22"])
    let target = SSHTarget(
      host: Host(name: "n", address: "Second"), configuration: configuration,
      options: SSHOptions())
    #expect(target.address == "Second")
    #expect(target.knownHostsName == "second")
  }

  @Test(arguments: [
    ("# Host x", true), ("", true), ("Host *", true), ("  SendEnv LANG LC_*", true),
    ("User=alice", true), ("Host web*", false), ("Host * !db", false), ("Match all", false),
    ("\"Host\" web", false),
    ("HostName %h.example", false), ("IdentityFile ~/.ssh/%r", false),
    ("ProxyJump bastion", false), ("Include relative.conf", false),
    ("Include /nonexistent/*.conf", true), ("UserKnownHostsFile ~/.ssh/known_%k", false),
  ])
  func whatDistinguishesHostsIsSeen(_ line: String, isUniform: Bool) {
    #expect(UniformConfiguration.isUniform(line: line[...], depth: 0) == isUniform)
  }

  @Test func tokensInFileNamesAreNotExpandedByOpenSSH() {
    let options = SSHOptions(identities: ["/k/100%"], knownHostsFile: "/a b/100%")
    let arguments = OpenSSHArguments.make(
      host: Host(name: "n", address: "h"), command: "true", options: options, log: "/l")
    #expect(arguments.contains("/k/100%%"))
    #expect(arguments.contains("UserKnownHostsFile=\"/a b/100%%\""))
    #expect(arguments.suffix(3) == ["--", "h", "true"])
  }
}
