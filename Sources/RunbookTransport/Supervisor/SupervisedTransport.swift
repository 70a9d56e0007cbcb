import Glibc
import RunbookCore
import RunbookEngine

/// Links to supervisors over any kind of byte stream to a shell.
///
///     let transport = SupervisedTransport(dialer: LocalDialer())
///     let (link, facts) = try await transport.connect(to: nil, greeting: greeting) { report in … }
package final class SupervisedTransport: Transport {
  private let dialer: any Dialer
  private let shell: String
  private let timing: LinkTiming
  private let pulses = IOThreads(limit: 1)

  /// - Parameters:
  ///   - shell: the words of the POSIX shell that hosts run the supervisor with.
  ///   - timing: other than the default only in tests.
  package init(
    dialer: any Dialer, shell: String = "/bin/sh", timing: LinkTiming = LinkTiming()
  ) {
    self.dialer = dialer
    self.shell = shell
    self.timing = timing
  }

  package func connect(
    to host: Host?, greeting: Greeting, receive: @escaping @Sendable (HostReport) -> Void
  ) async throws(TransportError) -> (link: any HostLink, facts: HostFacts) {
    guard let run = StateName.encode(greeting.run),
      let hostName = StateName.encode(greeting.hostName)
    else {
      throw .unsuitable(
        "the names of the run and the host are too long for a directory",
        remedy: "give the host a shorter name in the inventory")
    }
    guard let pulse = pulses.assign() else {
      throw .unreachable("this process can't start another thread or was shut down")
    }
    let nonce = Self.random()
    let link = SupervisorLink(nonce: nonce, timing: timing, receive: receive)
    let channel = try await dialer.dial(
      host, command: SupervisorProgram.command(shell: shell), receive: { link.take($0) })
    link.open(
      channel, pulse: pulse,
      SupervisorProgram.opening(
        greeting, run: run, hostName: hostName, nonce: nonce, directoryID: Self.random(),
        shell: shell))
    return (link, try await link.greeted())
  }

  package func bring(_ cargo: Cargo, to host: Host?) async throws(CargoProblem) {
    try await CargoChannel(dialer: dialer, shell: shell, nonce: Self.random(), timing: timing)
      .bring(cargo, to: host)
  }

  package func shutDown() async {
    await pulses.shutDown()
    await dialer.shutDown()
  }

  /// 128 random bits, so that no output looks like ours and no two directories share a name.
  private static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let number = [generator.next(), generator.next()].map { String($0, radix: 36) }
    return number.joined()
  }
}

/// How long a link waits for what.
package struct LinkTiming: Sendable {
  /// For the greeting's answer, from when the channel is open.
  package var greeting = Duration.seconds(10)
  /// Between two pings.
  package var ping = Duration.seconds(20)
  /// For any sign of life after a ping.
  package var answer = Duration.seconds(20)
  /// For a sign that the bytes of an upload move on; also for its first answer.
  package var cargo = Duration.seconds(60)
  /// For the loop to take leave before the channel is closed under it.
  package var leave = Duration.seconds(3)

  package init() {}
}
