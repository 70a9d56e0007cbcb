import Foundation
import RunbookTestSupport

@testable import RunbookTransport

extension LoopbackSSHD {
  /// What reaches this server, independent of the user's own files.
  var options: SSHOptions {
    SSHOptions(
      identities: [identity], knownHostsFile: knownHosts, usesAgent: false,
      configurationFile: "none")
  }
}

extension SSHImplementation {
  /// Opens a channel to the server for the length of `body`.
  func withChannel(
    _ server: LoopbackSSHD, _ command: String, _ recorder: ChannelRecorder = ChannelRecorder(),
    options: SSHOptions? = nil,
    _ body: (any ByteChannel, ChannelRecorder) async throws -> Void
  ) async throws {
    let dialer = dialer(options: options ?? server.options) { _ in }
    do {
      let channel = try await dialer.dial(
        server.host("a"), command: command, receive: recorder.receive)
      try await body(channel, recorder)
    } catch {
      await dialer.shutDown()
      throw error
    }
    await dialer.shutDown()
  }
}

extension String {
  func write(to path: String) throws {
    try write(toFile: path, atomically: true, encoding: .utf8)
  }
}

/// Runs a shell script here, for comparison.
enum Shell {
  static func output(_ script: String) throws -> String {
    let result = try BoundedCommand.run("sh", ["-c", script], by: Deadline(after: .seconds(30)))
    return String(decoding: result.output, as: UTF8.self)
  }
}
