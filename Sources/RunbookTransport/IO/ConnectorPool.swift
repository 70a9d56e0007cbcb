import Synchronization

/// Up to sixteen threads for what blocks: name look-up, connecting, handshakes, agents, processes.
///
/// Threads are started on demand and end when nothing is left to do; jobs beyond the limit wait
/// in line. A class because the line and the limit are shared by all dialers of a process.
final class ConnectorPool: Sendable {
  private struct State: Sendable {
    var waiting: [@Sendable () -> Void] = []
    var running = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int = 16) {
    precondition(limit > 0, "connectors: a limit of \(limit)")
    self.limit = limit
  }

  /// Runs `work` on a connector thread. A cancelled caller gets `cancelled` at once, while the
  /// work goes on to its own deadline; `discard` gets the result that nobody waits for.
  func run<Value: Sendable, Failure: Error>(
    cancelled: Failure, discard: @escaping @Sendable (Value) -> Void,
    work: @escaping @Sendable () -> Result<Value, Failure>
  ) async throws(Failure) -> Value {
    let answer = Answer<Result<Value, Failure>>()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        answer.wait(continuation)
        submit {
          guard answer.isAwaited else { return }
          let result = work()
          if !answer.give(result), case .success(let value) = result { discard(value) }
        }
      }
    } onCancel: {
      _ = answer.give(.failure(cancelled))
    }
    return try result.get()
  }

  private func submit(_ job: @escaping @Sendable () -> Void) {
    let needsThread = state.withLock { state in
      state.waiting.append(job)
      guard state.running < limit else { return false }
      state.running += 1
      return true
    }
    guard needsThread, !OperatingSystemThread.start({ self.drain() }) else { return }
    // No thread left: another connector takes the job, or it is done here, late but done.
    let isAlone = state.withLock { state in
      state.running -= 1
      return state.running == 0
    }
    if isAlone { drainOnce() }
  }

  private func drain() {
    while let job = next(orLeave: true) { job() }
  }

  private func drainOnce() {
    while let job = next(orLeave: false) { job() }
  }

  private func next(orLeave: Bool) -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        if orLeave { state.running -= 1 }
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}

/// A continuation that is resumed once, by whoever is first.
private final class Answer<Value: Sendable>: Sendable {
  private enum State: Sendable {
    case idle
    case waiting(CheckedContinuation<Value, Never>)
    case given(Value)
    case over
  }
  private let state = Mutex(State.idle)

  var isAwaited: Bool {
    state.withLock { state in
      if case .waiting = state { true } else { false }
    }
  }

  func wait(_ continuation: CheckedContinuation<Value, Never>) {
    let early: Value? = state.withLock { state in
      if case .given(let value) = state {
        state = .over
        return value
      }
      state = .waiting(continuation)
      return nil
    }
    if let early { continuation.resume(returning: early) }
  }

  /// False: somebody else was first.
  func give(_ value: Value) -> Bool {
    let (isFirst, continuation): (Bool, CheckedContinuation<Value, Never>?) = state.withLock {
      state in
      switch state {
      case .idle:
        state = .given(value)
        return (true, nil)
      case .waiting(let continuation):
        state = .over
        return (true, continuation)
      case .given, .over:
        return (false, nil)
      }
    }
    continuation?.resume(returning: value)
    return isFirst
  }
}
