import RunbookCore

/// The hosts that a forecast asks: each connected once.
///
/// An actor because the tasks of a step ask their hosts at the same time.
actor ForecastHosts {
  private let transport: any Transport
  private let clock: any RunClock
  private let name: String
  private let binding: Binding
  private var inquiries: [String?: HostInquiry] = [:]
  private(set) var unreachable: [String?: TransportError] = [:]

  init(transport: any Transport, clock: any RunClock, name: String, binding: Binding) {
    self.transport = transport
    self.clock = clock
    self.name = name
    self.binding = binding
  }

  /// The tasks of one step have different hosts: no host is asked twice at once.
  func ask(_ host: String?, _ exchange: Exchange) async -> Result<HostInquiry.Reply, TransportError>
  {
    do throws(TransportError) {
      return .success(try await inquiry(host).ask(exchange))
    } catch {
      unreachable[host] = error
      return .failure(error)
    }
  }

  /// Connects to hosts, all at the same time, before any is asked: whether it can be reached is to
  /// be known also of one that is asked nothing.
  func greet(_ hosts: some Collection<String>) async {
    await withTaskGroup(of: Void.self) { group in
      for host in hosts { group.addTask { await self.greet(host) } }
    }
  }

  private func greet(_ host: String) async {
    do throws(TransportError) {
      _ = try await inquiry(host)
    } catch {
      unreachable[host] = error
    }
  }

  private func inquiry(_ host: String?) async throws(TransportError) -> HostInquiry {
    if let known = unreachable[host] { throw known }
    if let open = inquiries[host] { return open }
    let made = try await HostInquiry.open(
      transport, to: host.flatMap { binding.host($0) }, name: name, clock: clock)
    inquiries[host] = made
    return made
  }

  func close() async {
    let open = inquiries.values
    inquiries = [:]
    await withTaskGroup(of: Void.self) { group in
      for inquiry in open { group.addTask { await inquiry.close() } }
    }
  }
}
