import RunbookCore
import RunbookEngine
import Synchronization

/// A link to a simulated host. Frames act at once; accidents break it around them.
final class SimulatedLink: HostLink {
  private let fleet: SimulatedFleet
  private let host: String
  private let fence: Int
  private let receive: @Sendable (HostReport) -> Void
  private let isBroken = Mutex(false)

  init(
    fleet: SimulatedFleet, host: String, fence: Int,
    receive: @escaping @Sendable (HostReport) -> Void
  ) {
    self.fleet = fleet
    self.host = host
    self.fence = fence
    self.receive = receive
  }

  func close() async { isBroken.withLock { $0 = true } }

  func send(_ frame: HostFrame) {
    guard !isBroken.withLock({ $0 }) else { return }
    let accident = drawAccident()
    if accident == .before { return drop() }
    let reports = deliver(frame)
    if accident == .after { return drop() }
    for report in reports { receive(report) }
  }

  private enum Accident { case none, before, after }

  private func drawAccident() -> Accident {
    fleet.state.withLock { state in
      guard state.choices.chance(state.accidents.dropsInHundred, in: 100) else { return .none }
      let isBefore = state.choices.chance(1, in: 2)
      if state.choices.chance(state.accidents.powerCutsInHundred, in: 100) {
        state.powerCut(host)
      }
      return isBefore ? .before : .after
    }
  }

  private func drop() {
    isBroken.withLock { $0 = true }
    receive(.lost("the connection broke"))
  }

  private func deliver(_ frame: HostFrame) -> [HostReport] {
    fleet.state.withLock { state in
      guard var simulated = state.hosts[host] else { return [] }
      defer { state.hosts[host] = simulated }
      guard simulated.fence == fence else { return [.stale(knownEpoch: simulated.fence)] }
      switch frame {
      case .exchange(let exchange): return start(exchange, &simulated, &state)
      case .look(let look):
        state.looks += 1
        let isLast = simulated.executions[look.key]?.looksLeft == 1
        guard state.accidents.endsDuringLooks, isLast, let end = simulated.executions[look.key]?.end
        else { return [.looked(sight(look, &simulated, state.accidents))] }
        simulated.executions[look.key]?.looksLeft = 2
        let before = sight(look, &simulated, state.accidents)
        simulated.executions[look.key]?.looksLeft = 0
        return [
          .ended(key: look.key, end, hasOutput: end.outputSize > 0, hasLog: end.logSize > 0),
          .looked(before),
        ]
      case .cancel(let key, _):
        guard var execution = simulated.executions[key], execution.looksLeft > 0 else { return [] }
        execution.looksLeft = 0
        execution.end?.verdict = .actionFailed
        execution.end?.status = 128 + 15
        execution.end?.cancelled = true
        simulated.executions[key] = execution
        return []
      case .farewell:
        state.isFarewelled.insert(host)
        // Whoever comes again finds a new directory.
        simulated.directory += 1
        simulated.fence = 0
        simulated.claims = []
        simulated.executions = [:]
        return []
      case .discard, .punch: return []
      case .ping(let number): return [.pong(number)]
      }
    }
  }

  private func start(
    _ exchange: Exchange, _ simulated: inout SimulatedFleet.SimulatedHost,
    _ state: inout SimulatedFleet.State
  ) -> [HostReport] {
    let key = exchange.key
    if simulated.claims.contains(key) {
      return [
        .ended(key: key, ExchangeEnd(verdict: .alreadyClaimed), hasOutput: false, hasLog: false)
      ]
    }
    let isQuestion = exchange.items.allSatisfy { item in
      if case .probe = item { true } else { false }
    }
    if isQuestion, state.questionsToKill > 0 {
      state.questionsToKill -= 1
      return []
    }
    var execution = SimulatedFleet.Execution(
      exchange: exchange, bootID: "boot\(simulated.boot)")
    var end = ExchangeEnd(verdict: .complete)
    var isSatisfied = false
    items: for item in exchange.items {
      switch item {
      case .action(let script, _):
        if isSatisfied { continue }
        let name = "\(script.text)@\(host)"
        simulated.claims.insert(key)
        execution.isClaimed = true
        let result = fleet.behave(host, script.text, state.started[name] ?? 0)
        state.started[name, default: 0] += 1
        execution.looksLeft = result.looks
        execution.output = Array(result.output.utf8)
        end.status = result.status
        if result.status != 0 {
          end.verdict = .actionFailed
          break items
        }
      case .probe(let probe):
        if isSatisfied, probe.stage != .output { continue }
        let answer = ask(probe)
        execution.answers.append(answer)
        switch probe.stage {
        case .require where answer.answer != .holds:
          end.verdict = .requireFailed(probe.index)
          break items
        case .unless where answer.answer == .holds:
          isSatisfied = true
          end.verdict = .satisfied
        case .unless where answer.answer == .cannotTell:
          end.verdict = .unlessCannotTell(probe.index)
          break items
        case .check where answer.answer != .holds:
          end.verdict = .checkFailed(probe.index)
          break items
        case .output where answer.status != 0:
          end.verdict = .outputFailed(probe.index)
          break items
        case .require, .unless, .check, .output: break
        }
      }
    }
    end.outputSize = execution.output.count
    end.logSize = execution.answers.count
    execution.end = end
    simulated.executions[key] = execution
    guard execution.looksLeft == 0 else { return [] }
    return [
      .ended(
        key: key, end, hasOutput: end.outputSize > 0, hasLog: !execution.answers.isEmpty)
    ]
  }

  private func ask(_ probe: Exchange.Probe) -> ProbeAnswer {
    let result = fleet.behave(host, probe.script.text, 0)
    var answer: Answer
    switch result.status {
    case 0: answer = .holds
    case 1: answer = .doesNotHold
    default: answer = .cannotTell
    }
    if let says = probe.says, answer == .holds, !result.output.contains(says) {
      answer = .doesNotHold
    }
    if probe.isNegated {
      if answer == .holds {
        answer = .doesNotHold
      } else if answer == .doesNotHold {
        answer = .holds
      }
    }
    return ProbeAnswer(
      stage: probe.stage, index: probe.index, answer: answer, status: result.status,
      text: Array(result.output.utf8))
  }

  private func sight(
    _ look: Look, _ simulated: inout SimulatedFleet.SimulatedHost,
    _ accidents: SimulatedFleet.Accidents
  ) -> Sighting {
    let bootID = "boot\(simulated.boot)"
    var sighting = Sighting(
      key: look.key, bootID: bootID,
      claim: simulated.claims.contains(look.key) ? .present : .absent)
    guard var execution = simulated.executions[look.key] else { return sighting }
    let hasDied = execution.looksLeft > 0 && execution.bootID != bootID
    if execution.looksLeft > 0, !hasDied { execution.looksLeft -= 1 }
    simulated.executions[look.key] = execution
    let isRunning = execution.looksLeft > 0
    sighting.wrapperIsAlive = isRunning && !hasDied
    sighting.actionIsAlive = sighting.wrapperIsAlive
    if !isRunning { sighting.end = execution.end }
    let visible = isRunning ? execution.output.count / 2 : execution.output.count
    sighting.outputSize = visible
    sighting.output = Array(execution.output.prefix(visible).dropFirst(look.outputOffset))
    sighting.logSize = execution.answers.count
    sighting.answers = Array(execution.answers.dropFirst(look.logOffset))
    sighting.logOffset = execution.answers.count
    if accidents.tearsLogs { sighting.answers = [] }
    if accidents.hidesOutput { sighting.output = [] }
    return sighting
  }
}
