import Glibc
import RunbookCore
import RunbookEngine

/// Opens channels with the system's `ssh`, a child process per host.
///
/// Slower to connect than libssh2, but it knows everything that OpenSSH knows: RSA signatures with
/// SHA-2, security keys, certificates, Kerberos, ProxyCommand and ProxyJump. Host keys are held
/// to the same rule: unknown ones are refused unless `acceptNewHostKeys` says otherwise.
package final class OpenSSHDialer: Dialer {
  private let options: SSHOptions
  private let configurations: OpenSSHConfigurationReader
  private let connectors: ConnectorPool
  private let threads: IOThreads
  private let logs = OpenSSHLogs()

  package convenience init(options: SSHOptions = SSHOptions()) {
    self.init(
      options: options, configurations: OpenSSHConfigurationReader(options: options),
      connectors: ConnectorPool(), threads: IOThreads())
  }

  init(
    options: SSHOptions, configurations: OpenSSHConfigurationReader, connectors: ConnectorPool,
    threads: IOThreads
  ) {
    self.options = options
    self.configurations = configurations
    self.connectors = connectors
    self.threads = threads
  }

  package func dial(
    _ host: Host?, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) async throws(TransportError) -> any ByteChannel {
    guard let host else { preconditionFailure("ssh: asked to dial the local machine") }
    return try await connectors.run(
      cancelled: TransportError.unreachable("connecting to \(host.address) was given up"),
      discard: { (channel: IOChannel) in channel.close() },
      work: { () -> Result<IOChannel, TransportError> in
        do throws(TransportError) {
          return .success(try self.connect(host, command: command, receive: receive))
        } catch {
          return .failure(error)
        }
      })
  }

  package func shutDown() async {
    await threads.shutDown()
    logs.remove()
  }

  /// Runs on a connector thread.
  private func connect(
    _ host: Host, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) throws(TransportError) -> IOChannel {
    let deadline = Deadline(after: options.connectTimeout)
    let client = try start(host, command)
    var messages = MessageLines()
    let early: [UInt8]
    switch client.waitUntilReady(by: deadline, &messages) {
    case .ready(let bytes): early = bytes
    case .ended:
      client.dispose()
      throw failure(of: host, messages.lines, isLate: false)
    case .late:
      client.dispose()
      throw failure(of: host, messages.lines, isLate: true)
    }
    guard let thread = threads.assign() else {
      client.dispose()
      throw .unreachable(
        "\(host.address): this process can't start another thread or was shut down")
    }
    let heard = messages
    let member = thread.adopt {
      OpenSSHMember(client, messages: heard, early: early, receive: receive)
    }
    return IOChannel(thread: thread, member: member)
  }

  private func start(_ host: Host, _ command: String) throws(TransportError) -> OpenSSHClient {
    guard let log = logs.make() else {
      throw .unreachable("no place for the messages of ssh: \(systemMessage())")
    }
    let arguments = OpenSSHArguments.make(
      host: host, command: command, options: options, log: log.path)
    switch OpenSSHClient.start(arguments, log: log) {
    case .success(let client): return client
    case .failure(.system(ENOENT)):
      throw OpenSSHConfigurationReader.failure(of: "ssh", .notInstalled)
    case .failure(.system(let code)):
      throw .unreachable("ssh can't be started for \(host.address): \(systemMessage(code))")
    }
  }

  private func failure(of host: Host, _ lines: [String], isLate: Bool) -> TransportError {
    do {
      let deadline = Deadline(after: .seconds(5))
      let configuration = try configurations.configuration(for: host, by: deadline)
      let target = SSHTarget(host: host, configuration: configuration, options: options)
      return OpenSSHFailure(target: target, lines: lines, isLate: isLate).error
    } catch {
      return error
    }
  }
}
