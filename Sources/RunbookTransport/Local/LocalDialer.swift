import Glibc
import RunbookCore
import RunbookEngine

/// Opens channels to shells on this machine: local steps use the same supervisor, without SSH.
package final class LocalDialer: Dialer {
  private let shell: [String]
  private let environment: [String: String]
  private let connectors = ConnectorPool(limit: 4)
  private let threads = IOThreads(limit: 2)

  /// - Parameters:
  ///   - shell: the words of the shell that plays the login shell.
  ///   - environment: added to our own for the shell.
  package init(shell: [String] = ["/bin/sh"], environment: [String: String] = [:]) {
    precondition(!shell.isEmpty, "local: a shell without words")
    self.shell = shell
    self.environment = environment
  }

  package func dial(
    _ host: Host?, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) async throws(TransportError) -> any ByteChannel {
    try await connectors.run(
      cancelled: TransportError.unreachable("starting a shell was given up"),
      discard: { (channel: IOChannel) in channel.close() },
      work: { self.start(command, receive) })
  }

  package func shutDown() async { await threads.shutDown() }

  private func start(
    _ command: String, _ receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) -> Result<IOChannel, TransportError> {
    guard let thread = threads.assign() else {
      return .failure(.unreachable("this process can't start another thread or was shut down"))
    }
    switch LocalShell.start(shell + ["-c", command], environment: environment) {
    case .failure(.system(let code)):
      return .failure(.unreachable("\(shell[0]) can't be started: \(systemMessage(code))"))
    case .success(let process):
      let member = thread.adopt { LocalMember(process, receive: receive) }
      return .success(IOChannel(thread: thread, member: member))
    }
  }
}
