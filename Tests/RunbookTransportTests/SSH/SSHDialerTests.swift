import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite(.serialized) struct SSHDialerTests {
  @Test func bytesGoBothWaysUnchanged() async throws {
    try await LoopbackSSHD.run { servers in
      let dialer = SSHDialer(options: servers[0].options)
      let recorder = ChannelRecorder()
      let channel = try await dialer.dial(
        servers[0].host("a"), command: "exec cat", receive: recorder.receive)
      let sent = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      channel.write(sent)
      #expect(await recorder.wait { $0.output.count >= sent.count })
      #expect(recorder.record.output == sent)
      channel.close()
      channel.close()
      await dialer.shutDown()
      #expect(recorder.record.closed.isEmpty)
    }
  }
}

extension LoopbackSSHD {
  /// What reaches this server, independent of the user's own files.
  var options: SSHOptions {
    SSHOptions(
      identities: [identity], knownHostsFile: knownHosts, usesAgent: false,
      configurationFile: "none")
  }
}
