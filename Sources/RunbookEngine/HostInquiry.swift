import RunbookCore

/// A host that is asked questions outside any run. Its supervisor's state directory is made for
/// these questions and goes with them.
///
/// One question at a time; what is asked only looks.
package struct HostInquiry: Sendable {
  private enum Input: Sendable {
    case report(HostReport)
    case tooLate(key: String)
  }

  package struct Reply: Hashable, Sendable {
    package var end: ExchangeEnd
    package var answers: [ProbeAnswer]
  }

  private let link: any HostLink
  private let mailbox: Mailbox<Input>
  private let clock: any RunClock
  /// Milliseconds that the host may take beyond the limits of what it is asked.
  private static let grace = 30_000

  /// - Parameters:
  ///   - host: nil is this machine.
  ///   - name: of the state directory; no run has it.
  package static func open(
    _ transport: any Transport, to host: Host?, name: String, clock: any RunClock
  ) async throws(TransportError) -> HostInquiry {
    let mailbox = Mailbox<Input>()
    let greeting = Greeting(
      run: name, hostName: Greeting.directory(of: host?.name), epoch: 1, isResumed: false)
    let made = try await transport.connect(to: host, greeting: greeting) {
      mailbox.put(.report($0))
    }
    return HostInquiry(link: made.link, mailbox: mailbox, clock: clock)
  }

  /// - Throws: `unreachable` where the host goes away, or takes longer than its questions may.
  package func ask(_ exchange: Exchange) async throws(TransportError) -> Reply {
    let limits = exchange.items.reduce(Self.grace) { sum, item in
      if case .probe(let probe) = item { return sum + probe.limit }
      return sum
    }
    let deadline = clock.now() + limits
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await clock.sleep(until: deadline)
        mailbox.put(.tooLate(key: exchange.key))
      }
      defer { group.cancelAll() }
      link.send(.exchange(exchange))
      return await reply(to: exchange.key)
    }
    return try result.get()
  }

  private func reply(to key: String) async -> Result<Reply, TransportError> {
    var reply: Reply?
    // Bounded by the deadline, which comes as an input too.
    while true {
      for input in await mailbox.takeAll() {
        switch input {
        case .report(.ended(key, let end, _, let hasLog)):
          reply = Reply(end: end, answers: [])
          guard hasLog else { return .success(Reply(end: end, answers: [])) }
          link.send(.look(Look(key: key)))
        case .report(.looked(let sighting)) where sighting.key == key:
          reply?.answers += sighting.answers
          guard sighting.logOffset < sighting.logSize, !sighting.answers.isEmpty else {
            if let reply { return .success(reply) }
            continue
          }
          link.send(.look(Look(key: key, logOffset: sighting.logOffset)))
        case .report(.notStarted(key, let reason)):
          return .success(Reply(end: ExchangeEnd(verdict: .notStarted(reason)), answers: []))
        case .report(.lost(let reason)): return .failure(.unreachable(reason))
        case .report(.stale(let known)): return .failure(.stale(knownEpoch: known))
        case .tooLate(key): return .failure(.unreachable("it did not answer in time"))
        case .report(.ended), .report(.looked), .report(.notStarted), .report(.pong), .tooLate:
          continue
        }
      }
    }
  }

  /// Leaves nothing of ours on the host.
  package func close() async {
    link.send(.farewell)
    await link.close()
  }
}
