import RunbookCore
import RunbookEngine

/// Opens channels over SSH with libssh2, in this process.
///
/// Name look-up, connecting, the handshake and the login happen on connector threads within
/// `SSHOptions.connectTimeout`; the session then moves to one of at most four I/O threads, which
/// call `receive`: it must not block, and must not be the place for long work.
package final class SSHDialer: Dialer {
  private let options: SSHOptions
  private let configurations: OpenSSHConfigurationReader
  private let knownHosts = KnownHosts()
  private let connectors: ConnectorPool
  private let threads: IOThreads
  private let sendBuffer: Int32?

  package convenience init(options: SSHOptions = SSHOptions()) {
    self.init(
      options: options, configurations: OpenSSHConfigurationReader(options: options),
      connectors: ConnectorPool(), threads: IOThreads())
  }

  /// - Parameter sendBuffer: a small one makes the system take bytes slowly, as a bad network
  ///   does.
  init(
    options: SSHOptions, configurations: OpenSSHConfigurationReader, connectors: ConnectorPool,
    threads: IOThreads, sendBuffer: Int32? = nil
  ) {
    self.options = options
    self.configurations = configurations
    self.connectors = connectors
    self.threads = threads
    self.sendBuffer = sendBuffer
  }

  package func dial(
    _ host: Host?, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) async throws(TransportError) -> any ByteChannel {
    do {
      return try await open(host, command: command, receive: receive)
    } catch {
      throw error.error
    }
  }

  /// As `dial`, with what `AutoDialer` has to know of a failure.
  func open(
    _ host: Host?, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) async throws(SSHFailure) -> any ByteChannel {
    guard let host else { preconditionFailure("SSH: asked to dial the local machine") }
    return try await connectors.run(
      cancelled: SSHFailure(.unreachable("connecting to \(host.address) was given up")),
      discard: { (channel: IOChannel) in channel.close() },
      work: { () -> Result<IOChannel, SSHFailure> in
        do throws(SSHFailure) {
          return .success(try self.connect(host, command: command, receive: receive))
        } catch {
          return .failure(error)
        }
      })
  }

  package func shutDown() async { await threads.shutDown() }

  /// Runs on a connector thread.
  private func connect(
    _ host: Host, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) throws(SSHFailure) -> IOChannel {
    let deadline = Deadline(after: options.connectTimeout)
    let target = try target(for: host, by: deadline)
    let socket: Int32
    do {
      socket = try TCPConnection.open(
        target.address, port: target.port, sendBuffer: sendBuffer, by: deadline)
    } catch {
      throw SSHFailure(.unreachable("\(target.place): \(error.reason)"))
    }
    let connection = try SSHConnection(socket: socket, target: target, deadline: deadline)
    try connection.handshake(knownHosts)
    try connection.logIn()
    let channel = try connection.start(command)
    guard let thread = threads.assign() else {
      throw connection.unreachable("this process can't start another thread or was shut down")
    }
    let handover = connection.handOver(channel)
    let member = thread.adopt { SSHSessionMember(handover, receive: receive) }
    return IOChannel(thread: thread, member: member)
  }

  private func target(for host: Host, by deadline: Deadline) throws(SSHFailure) -> SSHTarget {
    let configuration: OpenSSHConfiguration
    do {
      configuration = try configurations.configuration(for: host, by: deadline)
    } catch {
      throw SSHFailure(error)
    }
    let target = SSHTarget(host: host, configuration: configuration, options: options)
    if let reason = target.beyondLibSSH2 {
      throw SSHFailure(
        .refused(
          "libssh2 can't \(reason), as the OpenSSH configuration of \(host.address) asks",
          remedy: "use --transport openssh"), beyondLibSSH2: reason)
    }
    return target
  }
}
