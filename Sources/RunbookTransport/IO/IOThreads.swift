import Synchronization

/// At most four I/O threads, started when the first channel needs one.
///
/// A class because channels of several dialers may share it and it has an end.
final class IOThreads: Sendable {
  private struct State: Sendable {
    var threads: [IOThread] = []
    var next = 0
    var isShutDown = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int = 4) {
    precondition(limit > 0, "I/O threads: a limit of \(limit)")
    self.limit = limit
  }

  /// The thread for a new channel, in turn. Nil: the system has no thread left, or all was shut
  /// down.
  func assign() -> IOThread? {
    state.withLock { state in
      guard !state.isShutDown else { return nil }
      if state.threads.count < limit, let thread = IOThread() { state.threads.append(thread) }
      guard !state.threads.isEmpty else { return nil }
      state.next = (state.next + 1) % state.threads.count
      return state.threads[state.next]
    }
  }

  /// Ends all threads with their channels; no event follows.
  func shutDown() async {
    let threads = state.withLock { state in
      state.isShutDown = true
      defer { state.threads = [] }
      return state.threads
    }
    for thread in threads { await thread.stop() }
  }
}
