/// Walks the plan over a state: what has followed by now, and what ought to be underway.
///
/// Pure: the same state and time give the same agenda.
package struct Scheduler {
  /// How far a statement is.
  enum Progress: Hashable {
    /// Ended well, or left out.
    case ended
    /// Ended badly, and nothing of it is underway.
    case failed
    /// Something of it is underway or in doubt.
    case active
    /// Nothing of it is underway; it is to come, or waits for a person.
    case idle
  }

  var state: RunState
  let now: Timestamp
  var facts: [Fact] = []
  var wants: Set<Want> = []
  /// What a rollback waits for first: no action starts again in order to be undone.
  var isUndoing = false
  /// Something outside the plan keeps any attempt from starting: a lock, a drift, a lost host, a
  /// person. What could start without it is idle and has not failed.
  var isBarred = false
  /// The same, or a doubt.
  var isHeld = false
  /// Parallels, by their node and batch, in which nothing failed but what its block goes on after.
  var passed: Set<[Int]> = []

  /// Advances `state` by everything that follows from it at `now`.
  package static func advance(_ state: inout RunState, at now: Timestamp) -> Agenda {
    guard state.outcome == nil, state.description != nil else {
      return .nothing
    }
    // Moved, not copied: with a second reference the first event of a turn would copy every task.
    var scheduler = Scheduler(state: consume state, now: now)
    // Each pass either records something or is the last; every event closes something that was
    // open, so the passes are bounded by what the plan holds.
    repeat {
      let before = scheduler.facts.count
      scheduler.wants = []
      scheduler.pass()
      if scheduler.facts.count == before { break }
    } while scheduler.state.outcome == nil
    let agenda = scheduler.agenda()
    state = scheduler.state
    return agenda
  }

  mutating func record(_ event: Event) {
    let fact = Fact(time: now, event: event)
    facts.append(fact)
    state.apply(fact)
  }

  private mutating func pass() {
    for host in state.hostsToLock where isUp(host) { wants.insert(.lock(host)) }
    if !state.refusedLocks.isEmpty { _ = releasesLocks() }
    if !state.toRecheck.isEmpty { recheck() }
    isBarred = bars
    isHeld = isBarred || !state.doubts.isEmpty
    passed = []
    let progress = run(state.index.root, batch: [], mayStart: true, goesOn: false)
    let isUndone = state.rollbacks[Instance("")] == .succeeded
    if state.cancelledBy != nil, state.inFlight.isEmpty, progress != .ended, !isUndone {
      finish(.cancelled)
      return
    }
    switch progress {
    case .ended: if state.toRecheck.isEmpty { finish(.succeeded) }
    case .failed:
      switch state.rollbacks[Instance("")] {
      case .succeeded?: finish(.rolledBack)
      case .failed?: finish(.rollbackFailed)
      case .underway?, nil: finish(.failed)
      }
    case .active, .idle: break
    }
  }

  /// The final event, once the locks on the hosts are released: a crash in between leaves a run
  /// that is not over and takes them again, never a lock of a run that is.
  private mutating func finish(_ outcome: RunOutcome) {
    if releasesLocks() { record(.runEnded(outcome)) }
  }

  /// Wants back what is held on hosts; true once nothing is. A lock that is being taken now is
  /// waited for: given back before that, it would stay.
  private mutating func releasesLocks() -> Bool {
    guard state.hostsToLock.allSatisfy(isGivenUp) else { return false }
    let hosts = state.unreleasedHosts.filter { !isGivenUp($0) }
    for host in hosts where isUp(host) { wants.insert(.unlock(host)) }
    return hosts.isEmpty
  }

  private var bars: Bool {
    state.cancelledBy != nil || state.denied != nil
      || !state.refusedLocks.isEmpty || !state.hostsToLock.isEmpty
      || !state.toRecheck.isEmpty || !state.drifted.isEmpty && !state.isDriftIgnored
      || !blockingHosts.isEmpty
  }

  private mutating func recheck() {
    for id in state.toRecheck {
      if isUp(id.host), recall(for: id) != .underway { wants.insert(.recheck(id)) }
    }
  }

  /// True when the host is connected; otherwise a connection is wanted.
  mutating func isUp(_ host: String?) -> Bool {
    switch state.hosts[host]?.connection {
    case .up?: return true
    case .givenUp?: return false
    case .lost?, HostState.Connection.none?, nil:
      wants.insert(.connect(host))
      return false
    }
  }

  private func agenda() -> Agenda {
    Agenda(
      facts: facts, wants: state.outcome == nil ? wants : [],
      stop: state.outcome == nil ? stopReason : nil, isBarred: isBarred,
      barrier: state.outcome == nil ? barrier : nil)
  }

  private var stopReason: StopReason? {
    let asks = wants.filter {
      if case .ask = $0 { return true }
      return false
    }
    guard wants.count == asks.count else { return nil }
    let barrier = barrier
    if case .lockHeld? = barrier { return barrier }
    // What the runbook starts again by itself once nothing bars it is no matter for a person.
    if state.doubts.contains(where: { barrier != .drifted || !isRerunByItself($0.task) }) {
      return .inDoubt
    }
    return barrier ?? .waitingForPerson
  }

  /// Why nothing may start, where somebody has to do something about it.
  private var barrier: StopReason? {
    if let (host, holder) = state.refusedLocks.min(by: { $0.key < $1.key }) {
      return .lockHeld(host: host, holder: holder)
    }
    let givenUp = blockingHosts
    if !givenUp.isEmpty {
      return .hostUnreachable(givenUp.sorted { ($0 ?? "") < ($1 ?? "") })
    }
    if !state.drifted.isEmpty, !state.isDriftIgnored { return .drifted }
    return state.denied == nil ? nil : .denied
  }
}

extension HostState {
  package var isGivenUp: Bool {
    if case .givenUp = connection { return true }
    return false
  }
}
