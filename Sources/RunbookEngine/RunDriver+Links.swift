import RunbookCore

/// Trying to reach a host.
struct Reconnection {
  /// When it was reached last, or first wanted.
  var since: Timestamp
  var tries = 0
  var isTrying = false
  var nextTry: Timestamp?
}

/// Links to hosts: made, lost, made again.
extension RunDriver {
  /// A host that the run has never reached is given up sooner than one that went away.
  private static let firstContact = 15_000
  /// Milliseconds that a run that has to stop waits for what other hosts say.
  private static let lastWord = 10_000

  /// Hosts are being tried that have not said yet whether they can be reached: whoever has to mend
  /// one wants to know of all of them.
  var isMeetingHosts: Bool {
    let now = clock.now()
    return connecting.values.contains { $0.isTrying && now < $0.since + Self.lastWord }
  }

  /// A later owner first greets all hosts that an earlier one met, also those that have nothing left
  /// to do: one of them may know that this journal is an old copy. Who does not answer is not waited
  /// for longer than this, and is no obstacle by itself.
  func meetAgain(_ group: inout DiscardingTaskGroup) {
    let met = state.hosts.filter { host, known in
      known.directoryID != nil && !known.isTakenLeaveOf
        && (host == nil || host.flatMap { state.binding.host($0) } != nil)
    }
    guard !met.isEmpty else { return }
    greeting = Set(met.keys)
    greetsUntil = clock.now() + Self.lastWord
    for host in met.keys { connect(host, &group) }
    wake(at: greetsUntil, &group)
  }

  func connect(_ host: String?, _ group: inout DiscardingTaskGroup) {
    guard links[host] == nil else { return }
    let now = clock.now()
    var reconnection = connecting[host] ?? Reconnection(since: now)
    guard !reconnection.isTrying else { return }
    if let next = reconnection.nextTry, now < next { return }
    reconnection.isTrying = true
    reconnection.nextTry = nil
    reconnection.tries += 1
    connecting[host] = reconnection
    observe(.connecting(host: host))
    let greeting = nextGreeting(host)
    let number = linkCount
    let (transport, mailbox) = (transport, mailbox)
    let target = host.flatMap { state.binding.host($0) }
    group.addTask {
      do throws(TransportError) {
        let made = try await transport.connect(to: target, greeting: greeting) {
          mailbox.put(.report(host: host, link: number, $0))
        }
        mailbox.put(.connected(host: host, link: made.link, made.facts, number: number))
      } catch {
        mailbox.put(.notConnected(host: host, error))
      }
    }
  }

  func connected(_ host: String?, _ link: any HostLink, _ facts: HostFacts, number: Int) {
    connecting[host] = nil
    greeting.remove(host)
    if state.cancelledBy != nil, hasForgotten(host, facts) {
      // Nothing is started, and the journal must not take what it finds there for what it knows.
      strangers.append(link)
      record(.hostGivenUp(host: host, reason: "it has nothing left of this run"))
      return
    }
    links[host] = Link(link: link, number: number, directoryID: facts.directoryID)
    let unknown = facts.claims.filter { state.attempts[$0] == nil }
    if !unknown.isEmpty {
      end = .journalFailed(
        .outdated(
          run: state.description?.id ?? "",
          detail: "\(host ?? "this machine") has claims that the journal does not know: "
            + unknown.sorted().joined(separator: ", ")))
      return
    }
    if hasForgotten(host, facts) {
      end = .journalFailed(
        .forgotten(run: state.description?.id ?? "", host: host ?? "this machine"))
      return
    }
    record(
      .hostGreeted(
        host: host, bootID: facts.bootID, directoryID: facts.directoryID,
        freeBytes: facts.freeBytes))
  }

  func notConnected(_ host: String?, _ error: TransportError) {
    let now = clock.now()
    guard var reconnection = connecting[host] else { return }
    reconnection.isTrying = false
    if case .stale = error {
      connecting[host] = nil
      isStale(host)
      record(.hostGivenUp(host: host, reason: error.reason, remedy: error.remedy))
      return
    }
    if greeting.remove(host) != nil {
      // Where it is needed it is tried again, as long as any other one.
      connecting[host] = nil
      observe(.notMet(host: host, reason: error.reason))
      return
    }
    let patience =
      isKnown(host) ? options.reconnectFor : min(options.reconnectFor, Self.firstContact)
    if !error.mayPass || now >= reconnection.since + patience {
      connecting[host] = nil
      record(.hostGivenUp(host: host, reason: error.reason, remedy: error.remedy))
      observe(.unreachable(host: host, error))
      return
    }
    let pause = min(10_000, 250 << min(reconnection.tries, 6))
    reconnection.nextTry = min(now + pause, reconnection.since + patience)
    connecting[host] = reconnection
    observe(
      .reconnecting(
        host: host, reason: error.reason, after: pause, until: reconnection.since + patience))
  }

  /// A newer owner has been there, and not by this journal: whoever takes a run over needs its lock,
  /// which this process holds. What is journaled of it asserts this owner's epoch once more; a
  /// journal that has gone on without it says so.
  func isStale(_ host: String?) {
    end = .journalFailed(
      .outdated(
        run: state.description?.id ?? "",
        detail: "\(host ?? "this machine") knows a newer owner of it"))
  }

  /// Whether this owner meets a host that has nothing left of the run: it was set up anew, or the
  /// run has ended there, by a newer copy of this journal, and its steps would be started twice.
  /// What is in flight there is in doubt by itself; a cancelled run starts nothing.
  private func hasForgotten(_ host: String?, _ facts: HostFacts) -> Bool {
    guard let known = state.hosts[host], case .none = known.connection, !known.isTakenLeaveOf,
      let directoryID = known.directoryID, directoryID != facts.directoryID, facts.claims.isEmpty,
      !state.isDriftIgnored
    else { return false }
    return !state.inFlight.contains { key in
      guard let attempt = state.attempts[key], attempt.task.host == host else { return false }
      return attempt.attempt.purpose == .rollback
        || state.index.step(attempt.task.step)?.changesHost ?? true
    }
  }

  /// By any owner of the run: one that resumes may meet a host while it starts again.
  private func isKnown(_ host: String?) -> Bool { state.hosts[host]?.directoryID != nil }

  func lost(_ host: String?, _ reason: String) {
    links[host] = nil
    for (key, attempt) in state.attempts where attempt.task.host == host { attended[key] = nil }
    for (key, upload) in uploads where upload.task.host == host { forgetUpload(key) }
    questions = questions.filter { $0.value.host != host }
    finished[host] = nil
    record(.hostLost(host: host, reason: reason))
  }

  func closeLinks(farewell end: DriveEnd) async {
    let isOver = end == .ended(.succeeded) || end == .ended(.rolledBack)
    await withTaskGroup(of: Void.self) { group in
      for link in strangers { group.addTask { await link.close() } }
      for (host, link) in links {
        if isOver {
          link.link.send(.farewell)
        } else if let keys = finished[host], !keys.isEmpty {
          link.link.send(.discard(keys: keys))
        }
        group.addTask { await link.link.close() }
      }
    }
    (links, strangers) = ([:], [])
  }

  func nextGreeting(_ host: String?) -> Greeting {
    linkCount += 1
    return Greeting(
      run: state.description?.id ?? "", hostName: Greeting.directory(of: host),
      epoch: Greeting.epoch(owner: state.epoch, link: linkCount),
      isResumed: state.hosts[host]?.directoryID != nil)
  }
}

extension TransportError {
  /// What a person can do about it, where that is known.
  package var remedy: String? {
    switch self {
    case .unreachable: nil
    case .refused(_, let remedy), .hostKeyUnknown(_, let remedy), .hostKeyChanged(_, let remedy),
      .unsuitable(_, let remedy):
      remedy
    case .stale: "another process drives this run: reprise runs"
    }
  }

  /// What happened, in words, without the remedy.
  package var reason: String {
    switch self {
    case .unreachable(let reason): reason
    case .refused(let reason, _): reason
    case .hostKeyUnknown(let fingerprint, _): "its host key is not known: \(fingerprint)"
    case .hostKeyChanged(let fingerprint, _): "its host key has changed: \(fingerprint)"
    case .unsuitable(let reason, _): reason
    case .stale(let known): "a newer owner of this run exists (\(known))"
    }
  }
}
