import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

/// A host that goes down while it is logged in to has refused nothing: trying again helps.
@Suite(.serialized) struct CutLoginTests {
  @Test(arguments: [SSHImplementation.libssh2, .openssh])
  func aConnectionThatEndsAnywhereBeforeTheShellMayComeBack(
    _ kind: SSHImplementation
  ) async throws {
    try await LoopbackSSHD.run { servers in
      // A second key, so that there would be another one to try on the dead connection.
      let other = servers[0].directory + "/other"
      try await LoopbackSSHD.makeKey(other)
      var options = servers[0].options
      options.identities = [other, servers[0].identity]
      options.acceptNewHostKeys = true
      var cuts = 0
      for cut in 1...40 {
        let relay = try CuttingRelay(to: servers[0].port, cut: cut)
        defer { relay.stop() }
        options.knownHostsFile = servers[0].directory + "/known-\(cut)"
        let failure = await kind.failure(port: relay.port, options)
        guard let failure else { break }
        cuts += 1
        #expect(failure.mayPass, "cut \(cut): \(failure)")
      }
      // The greeting, keys exchanged, a key refused, a key taken, a channel.
      #expect((5..<40).contains(cuts))
    }
  }

  @Test func aHostThatRefusesTooManyKeysIsNotTriedAgain() async throws {
    try await LoopbackSSHD.run(options: .init(configuration: ["MaxAuthTries 2"])) { servers in
      var options = servers[0].options
      options.identities = (1...4).map { servers[0].directory + "/wrong-\($0)" }
      for key in options.identities { try await LoopbackSSHD.makeKey(key) }
      let (reason, _) = try await SSHImplementation.libssh2.refusal(servers[0], options)
      #expect(reason.contains("MaxAuthTries"))
      #expect(!reason.contains("wrong-3"))
    }
  }
}

extension SSHImplementation {
  fileprivate func failure(port: Int, _ options: SSHOptions) async -> TransportError? {
    let dialer = dialer(options: options) { _ in }
    var result: TransportError?
    do throws(TransportError) {
      _ = try await dialer.dial(
        Host(name: "a", address: "127.0.0.1", port: port), command: "exec cat",
        receive: ChannelRecorder().receive)
    } catch {
      result = error
    }
    await dialer.shutDown()
    return result
  }
}
