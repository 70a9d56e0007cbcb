import RunbookCore

/// The hosts that a forecast asks: each connected once, when it is first asked.
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
    if let known = unreachable[host] { return .failure(known) }
    do throws(TransportError) {
      let inquiry: HostInquiry
      if let open = inquiries[host] {
        inquiry = open
      } else {
        inquiry = try await .open(
          transport, to: host.flatMap { binding.host($0) }, name: name, clock: clock)
        inquiries[host] = inquiry
      }
      return .success(try await inquiry.ask(exchange))
    } catch {
      unreachable[host] = error
      return .failure(error)
    }
  }

  func close() async {
    let open = inquiries.values
    inquiries = [:]
    await withTaskGroup(of: Void.self) { group in
      for inquiry in open { group.addTask { await inquiry.close() } }
    }
  }
}
