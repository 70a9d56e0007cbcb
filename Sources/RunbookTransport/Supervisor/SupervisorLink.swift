import RunbookCore
import RunbookEngine
import Synchronization

/// A link over one byte channel: greets, encodes frames, decodes reports, pings.
///
/// A class because it is an identity shared by the engine, the channel's thread and the pulse.
/// Reports are handed over one at a time and in order, whoever found them.
package final class SupervisorLink: HostLink {
  typealias Greeted = CheckedContinuation<Result<HostFacts, TransportError>, Never>

  enum Phase {
    case greeting(Greeted?)
    /// The greeting's answer came before anybody waited for it.
    case greeted(Result<HostFacts, TransportError>)
    case open
    case leaving([CheckedContinuation<Void, Never>])
    case over
  }

  struct State {
    var phase = Phase.greeting(nil)
    var channel: (any ByteChannel)?
    var pulse: IOChannel?
    var encoder = SupervisorEncoder()
    var decoder: SupervisorDecoder
    var pings = 0
    var isAwaitingAnswer = false
    var deadline: Deadline?
    var outbox: [HostReport] = []
    var isDelivering = false
    /// Reports wait until whoever connected has used the link (or the first ping): what is said
    /// before `connect` has returned would be taken for a stranger's word and be lost.
    var isReleased = false
  }

  let state: Mutex<State>
  let timing: LinkTiming
  let receive: @Sendable (HostReport) -> Void

  init(
    nonce: String, timing: LinkTiming, receive: @escaping @Sendable (HostReport) -> Void
  ) {
    state = Mutex(State(decoder: SupervisorDecoder(nonce: nonce)))
    self.timing = timing
    self.receive = receive
  }

  /// Sends the program and the greeting; from here on the deadlines count.
  func open(_ channel: any ByteChannel, pulse: IOThread, _ opening: [UInt8]) {
    let member = pulse.adopt { PulseMember(link: self) }
    let isOver = state.withLock { state in
      state.channel = channel
      state.pulse = IOChannel(thread: pulse, member: member)
      state.deadline = Deadline(after: timing.greeting)
      if case .greeted = state.phase { return true }
      return false
    }
    channel.write(opening)
    wakePulse()
    if isOver { channel.close() }
  }

  /// The answer to the greeting, bounded by its deadline.
  func greeted() async throws(TransportError) -> HostFacts {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: Greeted) in
        let early: Result<HostFacts, TransportError>? = state.withLock { state in
          guard case .greeted(let result) = state.phase else {
            state.phase = .greeting(continuation)
            return nil
          }
          begin(&state, result)
          return result
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      settle(.failure(.unreachable("connecting was given up")))
    }
    if case .failure = result { abandon() }
    return try result.get()
  }

  package func send(_ frame: HostFrame) {
    let refused: HostReport? = state.withLock { state in
      state.isReleased = true
      guard case .open = state.phase else { return nil }
      do throws(SupervisorEncoder.Refusal) {
        // Written under the lock: the encoder's order is the channel's.
        state.channel?.write(try state.encoder.encode(frame))
        return nil
      } catch {
        return .notStarted(key: error.key, error.reason)
      }
    }
    deliver(refused.map { [$0] } ?? [])
  }

  package func close() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        switch state.phase {
        case .leaving(let others):
          state.phase = .leaving(others + [continuation])
          return false
        case .open:
          state.phase = .leaving([continuation])
          state.outbox = []
          state.deadline = Deadline(after: timing.leave)
          state.channel?.write(SupervisorEncoder.leave)
          return false
        case .greeting, .greeted, .over: return true
        }
      }
      if isOver { continuation.resume() } else { wakePulse() }
    }
    abandon()
  }
}
