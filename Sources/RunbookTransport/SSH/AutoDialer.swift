import RunbookCore
import RunbookEngine
import Synchronization

/// Opens channels with libssh2, and with the system's `ssh` where libssh2 can't.
///
/// What libssh2 lacks shows in the configuration, in the handshake or in the login; the host is
/// then given to `ssh` for the rest of the process, and `notice` is told once for each reason.
package final class AutoDialer: Dialer {
  private struct Place: Hashable {
    var address: String
    var user: String?
    var port: Int?
  }
  private struct Memory: Sendable {
    var servedByOpenSSH: Set<Place> = []
    var said: Set<String> = []
  }

  private let libssh2: SSHDialer
  private let openSSH: OpenSSHDialer
  private let notice: @Sendable (String) -> Void
  private let memory = Mutex(Memory())

  /// - Parameter notice: gets a sentence for people, from any thread.
  package init(
    options: SSHOptions = SSHOptions(), notice: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    let configurations = OpenSSHConfigurationReader(options: options)
    let connectors = ConnectorPool()
    let threads = IOThreads()
    libssh2 = SSHDialer(
      options: options, configurations: configurations, connectors: connectors, threads: threads)
    openSSH = OpenSSHDialer(
      options: options, configurations: configurations, connectors: connectors, threads: threads)
    self.notice = notice
  }

  package func dial(
    _ host: Host?, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) async throws(TransportError) -> any ByteChannel {
    let place = host.map { Place(address: $0.address, user: $0.user, port: $0.port) }
    if let place, memory.withLock({ $0.servedByOpenSSH.contains(place) }) {
      return try await openSSH.dial(host, command: command, receive: receive)
    }
    let failure: SSHFailure
    do {
      return try await libssh2.open(host, command: command, receive: receive)
    } catch {
      failure = error
    }
    guard let reason = failure.beyondLibSSH2, let host, let place else { throw failure.error }
    let channel = try await openSSH.dial(host, command: command, receive: receive)
    remember(place, host, reason)
    return channel
  }

  package func shutDown() async {
    await libssh2.shutDown()
    await openSSH.shutDown()
  }

  private func remember(_ place: Place, _ host: Host, _ reason: String) {
    let isNew = memory.withLock { memory in
      memory.servedByOpenSSH.insert(place)
      return memory.said.insert(reason).inserted
    }
    guard isNew else { return }
    notice("\(host.name) is reached with the system's ssh, because libssh2 can't \(reason)")
  }
}

extension SSHImplementation {
  /// The dialer of that kind.
  package func dialer(
    options: SSHOptions, notice: @escaping @Sendable (String) -> Void
  ) -> any Dialer {
    switch self {
    case .auto: AutoDialer(options: options, notice: notice)
    case .libssh2: SSHDialer(options: options)
    case .openssh: OpenSSHDialer(options: options)
    }
  }
}
