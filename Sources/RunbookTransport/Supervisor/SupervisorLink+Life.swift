import RunbookCore
import RunbookEngine
import Synchronization

/// What comes in, and how a link lives and ends.
extension SupervisorLink {
  /// What comes from the channel, on its thread.
  func take(_ event: ByteChannelEvent) {
    let (messages, loss): ([SupervisorDecoder.Message], String?) = state.withLock { state in
      state.isAwaitingAnswer = false
      switch event {
      case .output(let bytes):
        do throws(SupervisorDecoder.Violation) {
          return (try state.decoder.takeOutput(bytes), nil)
        } catch {
          return ([], error.reason)
        }
      case .error(let bytes): return (state.decoder.takeErrors(bytes), nil)
      case .closed(let reason):
        // Later on, shells may have said there what they were doing, with values in it.
        let words = if case .greeting = state.phase { state.decoder.lastWords } else { "" }
        return ([], words.isEmpty ? reason : "\(reason) (\(words))")
      }
    }
    for message in messages { take(message) }
    if let loss { lose(loss) }
  }

  private func take(_ message: SupervisorDecoder.Message) {
    switch message {
    case .ready(let facts): settle(.success(facts))
    case .unfit(let what, let detail): settle(.failure(.unfit(what, detail: detail)))
    case .goodbye: leave()
    case .report(.pong(let number)) where number < 0: break  // Our own ping.
    case .report(.stale(let known)):
      if !settle(.failure(.stale(knownEpoch: known))) { deliver([.stale(knownEpoch: known)]) }
    case .report(let report):
      state.withLock { $0.encoder.note(report) }
      deliver([report])
    }
  }

  enum Beat {
    case at(Deadline)
    case idle, over
  }

  /// Called by the pulse when a deadline may have passed: when to be called again.
  func beat() -> Beat {
    enum Act {
      case wait(Beat)
      case giveUp(String)
      case ping(Deadline)
      case leave
    }
    let act: Act = state.withLock { state in
      if case .over = state.phase { return .wait(.over) }
      guard let deadline = state.deadline else { return .wait(.idle) }
      guard deadline.hasPassed else { return .wait(.at(deadline)) }
      switch state.phase {
      case .greeting:
        let words = state.decoder.lastWords
        return .giveUp(
          "no answer from the shell in time" + (words.isEmpty ? "" : "; it says: \(words)"))
      case .leaving: return .leave
      case .open where state.isAwaitingAnswer: return .giveUp("no answer to a ping in time")
      case .open:
        state.pings += 1
        state.isAwaitingAnswer = true
        state.isReleased = true
        state.channel?.write(Array("_p -\(state.pings)\n".utf8))
        let next = Deadline(after: timing.answer)
        state.deadline = next
        return .ping(next)
      case .greeted, .over: return .wait(.idle)
      }
    }
    switch act {
    case .wait(let beat): return beat
    case .ping(let next):
      deliver([])
      return .at(next)
    case .giveUp(let reason):
      lose(reason)
      return .over
    case .leave:
      leave()
      return .over
    }
  }

  /// The greeting is answered. False: it was before.
  @discardableResult
  func settle(_ result: Result<HostFacts, TransportError>) -> Bool {
    let (isFirst, waiting): (Bool, Greeted?) = state.withLock { state in
      guard case .greeting(let waiting) = state.phase else { return (false, nil) }
      if waiting != nil {
        begin(&state, result)
      } else {
        state.phase = .greeted(result)
      }
      return (true, waiting)
    }
    waiting?.resume(returning: result)
    wakePulse()
    return isFirst
  }

  func begin(_ state: inout State, _ result: Result<HostFacts, TransportError>) {
    switch result {
    case .success:
      state.phase = .open
      state.deadline = Deadline(after: timing.ping)
    case .failure: state.phase = .over
    }
  }

  /// The far end is gone: the last report, or the greeting's failure.
  private func lose(_ reason: String) {
    if settle(.failure(.unreachable(reason))) { return }
    let wasOpen = state.withLock { state in
      switch state.phase {
      case .open:
        state.phase = .over
        state.outbox.append(.lost(reason))
        return true
      case .greeted(.success):
        state.phase = .greeted(.failure(.unreachable(reason)))
        return false
      case .greeting, .greeted(.failure), .leaving, .over: return false
      }
    }
    if wasOpen {
      deliver([])
      abandon()
    } else {
      leave()
    }
  }

  /// The loop has taken leave, or did not in time.
  private func leave() {
    let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
      guard case .leaving(let waiting) = state.phase else { return [] }
      state.phase = .over
      return waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Lets go of the channel and the pulse. Reports that wait are still handed over.
  func abandon() {
    let (channel, pulse) = state.withLock { state in
      state.phase = .over
      defer { state.channel = nil }
      return (state.channel, state.pulse)
    }
    channel?.close()
    // A lost link's report may still wait for its release by the next pulse.
    if state.withLock({ $0.outbox.isEmpty }) { pulse?.close() }
  }

  func wakePulse() { state.withLock { $0.pulse }?.write([]) }

  /// Hands reports over, one at a time, in order. Called without the lock; `receive` may call back.
  func deliver(_ reports: [HostReport]) {
    let mayDeliver = state.withLock { state in
      if case .over = state.phase {} else { state.outbox += reports }
      guard state.isReleased, !state.isDelivering else { return false }
      state.isDelivering = true
      return true
    }
    guard mayDeliver else { return }
    while let next = nextReport() { receive(next) }
  }

  private func nextReport() -> HostReport? {
    state.withLock { state in
      guard !state.outbox.isEmpty else {
        state.isDelivering = false
        return nil
      }
      return state.outbox.removeFirst()
    }
  }
}

extension TransportError {
  /// The host can't carry a supervisor.
  static func unfit(_ what: String, detail: String) -> TransportError {
    switch what {
    case "setsid":
      .unsuitable(
        "it has no setsid, without which an action can't outlive its connection",
        remedy: "install util-linux (or BusyBox with setsid) there")
    case "head":
      .unsuitable(
        "it has no head in the PATH of its login shell, nor what else a POSIX system has",
        remedy: "mend the PATH that its shell sets when it is not interactive")
    case "logind":
      .unsuitable(
        "its login sessions take along all that they started when they end"
          + " (KillUserProcesses of systemd-logind), so no action would outlive its connection",
        remedy: "set KillUserProcesses=no, or KillExcludeUsers=, in logind.conf there")
    case "home":
      .unsuitable("its user has no HOME", remedy: "give the user a home directory")
    case "directory":
      .unsuitable(
        "its state directory can't be made or written: \(detail)",
        remedy: "make ~/.local/state (or XDG_STATE_HOME) writable, with space left")
    default: .unsuitable("it says “\(what)”", remedy: "see docs/supervisor.md")
    }
  }
}
