import Synchronization

/// What many threads put and one loop takes, all that waits at once: the batches of the journal.
///
/// Bounded by the protocol, not by itself: a host only sends what it was asked for.
package final class Mailbox<Element: Sendable>: Sendable {
  private struct State {
    var waiting: [Element] = []
    var taker: CheckedContinuation<[Element], Never>?
  }
  private let state = Mutex(State())

  package init() {}

  package func put(_ element: Element) {
    let taker = state.withLock { state -> CheckedContinuation<[Element], Never>? in
      guard let taker = state.taker else {
        state.waiting.append(element)
        return nil
      }
      state.taker = nil
      return taker
    }
    taker?.resume(returning: [element])
  }

  /// Everything that waits; suspends until there is something. For one taker only.
  package func takeAll() async -> [Element] {
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state -> [Element] in
        precondition(state.taker == nil, "a mailbox has one taker")
        if state.waiting.isEmpty { state.taker = continuation }
        defer { state.waiting = [] }
        return state.waiting
      }
      if !ready.isEmpty { continuation.resume(returning: ready) }
    }
  }
}
