import RunbookCore
import RunbookEngine
import Synchronization

/// Hosts in memory that behave as the supervisor does, with accidents drawn by seed.
///
/// What an action did stays when its engine dies: that is what the tests count.
package final class SimulatedFleet: Transport {
  /// What a script does on a host: its exit status and what it prints.
  package struct Result: Sendable {
    package var status: Int
    package var output: String
    /// How many looks it takes until it has ended; 0: at once.
    package var looks: Int

    package init(status: Int = 0, output: String = "", looks: Int = 0) {
      self.status = status
      self.output = output
      self.looks = looks
    }
  }

  package struct Accidents: Sendable {
    /// Of a hundred frames, how many meet a connection that breaks before or after them.
    package var dropsInHundred = 0
    /// Of a hundred breaks, how many are a power cut of the host.
    package var powerCutsInHundred = 0
    /// An action ends while the answer to a look is on its way: the announcement, which travels on
    /// a stream of its own, arrives first.
    package var endsDuringLooks = false
    /// Answers did not reach the full disk of a host: of its log there is only a torn record.
    package var tearsLogs = false
    /// Looks bring less than they say there is.
    package var hidesOutput = false

    package init(
      dropsInHundred: Int = 0, powerCutsInHundred: Int = 0, endsDuringLooks: Bool = false,
      tearsLogs: Bool = false, hidesOutput: Bool = false
    ) {
      self.dropsInHundred = dropsInHundred
      self.powerCutsInHundred = powerCutsInHundred
      self.endsDuringLooks = endsDuringLooks
      self.tearsLogs = tearsLogs
      self.hidesOutput = hidesOutput
    }
  }

  struct Execution {
    var exchange: Exchange
    var isClaimed = false
    var looksLeft = 0
    var end: ExchangeEnd?
    var output: [UInt8] = []
    var answers: [ProbeAnswer] = []
    var bootID: String
  }

  struct SimulatedHost {
    var boot = 1
    var directory = 0
    var fence = 0
    var executions: [String: Execution] = [:]
    var claims: Set<String> = []
  }

  struct State {
    var hosts: [String: SimulatedHost] = [:]
    var started: [String: Int] = [:]
    var choices: Choices
    var accidents: Accidents
    var unreachable: Set<String> = []
    var freeBytes: [String: Int] = [:]
    var isFarewelled: Set<String> = []
    /// Questions whose wrapper is still to be killed.
    var questionsToKill = 0
    var looks = 0
  }

  let state: Mutex<State>
  let behave: @Sendable (_ host: String, _ script: String, _ startedBefore: Int) -> Result

  package init(
    seed: UInt64 = 1, accidents: Accidents = Accidents(),
    behave: @escaping @Sendable (String, String, Int) -> Result = { _, _, _ in Result() }
  ) {
    state = Mutex(State(choices: Choices(seed: seed), accidents: accidents))
    self.behave = behave
  }

  /// How often each action was started, by `SCRIPT@HOST`.
  package var started: [String: Int] { state.withLock { $0.started } }
  package var farewelled: Set<String> { state.withLock { $0.isFarewelled } }

  /// How often hosts were looked at.
  package var looks: Int { state.withLock { $0.looks } }

  package func killWrappers(ofQuestions count: Int) {
    state.withLock { $0.questionsToKill = count }
  }

  package func setAccidents(_ accidents: Accidents) { state.withLock { $0.accidents = accidents } }

  package func setReachable(_ host: String, _ isReachable: Bool) {
    state.withLock {
      if isReachable { $0.unreachable.remove(host) } else { $0.unreachable.insert(host) }
    }
  }

  package func setFree(_ bytes: Int, on host: String) {
    state.withLock { $0.freeBytes[host] = bytes }
  }

  /// Cuts the power: what ran is gone, what was claimed stays claimed.
  package func powerCut(_ host: String) { state.withLock { $0.powerCut(host) } }

  package func connect(
    to host: Host?, greeting: Greeting, receive: @escaping @Sendable (HostReport) -> Void
  ) async throws(TransportError) -> (link: any HostLink, facts: HostFacts) {
    let name = host?.name ?? "local"
    var failure: TransportError?
    let facts = state.withLock { state -> HostFacts? in
      if state.unreachable.contains(name) {
        failure = .unreachable("no route to \(name)")
        return nil
      }
      var host = state.hosts[name] ?? SimulatedHost()
      if greeting.epoch < host.fence {
        failure = .stale(knownEpoch: host.fence)
        return nil
      }
      host.fence = greeting.epoch
      if host.directory == 0 { host.directory = 1 }
      state.hosts[name] = host
      return HostFacts(
        bootID: "boot\(host.boot)", directoryID: "directory\(host.directory)",
        freeBytes: state.freeBytes[name] ?? 1 << 30, claims: host.claims.sorted())
    }
    if let failure { throw failure }
    guard let facts else { throw .unreachable("no facts") }
    return (
      SimulatedLink(fleet: self, host: name, fence: greeting.epoch, receive: receive), facts
    )
  }

  /// Nothing is looked at: an action finds its bytes where it runs.
  package func bring(_ cargo: Cargo, to host: Host?) async throws(CargoProblem) {
    _ = cargo.progress(cargo.size)
  }

  package func shutDown() async {}
}

extension SimulatedFleet.State {
  mutating func powerCut(_ name: String) {
    guard var host = hosts[name] else { return }
    host.boot += 1
    // Whoever had not ended never will.
    for (key, execution) in host.executions where execution.end == nil && !execution.isClaimed {
      host.executions[key] = nil
    }
    hosts[name] = host
  }
}
