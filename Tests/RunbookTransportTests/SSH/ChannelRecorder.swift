import RunbookTestSupport
import Synchronization

@testable import RunbookTransport

/// Gathers the events of a channel; tests wait for a condition on them, with a bound.
final class ChannelRecorder: Sendable {
  struct Record: Sendable {
    var output: [UInt8] = []
    var error: [UInt8] = []
    var outputCount = 0
    var closed: [String] = []
    /// Events after the one that has to be the last.
    var late = 0
  }
  private struct Waiter: Sendable {
    var condition: @Sendable (Record) -> Bool
    var resume: @Sendable (Bool) -> Void
  }
  private struct State: Sendable {
    var record = Record()
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  private let keepsOutput: Bool
  private let state = Mutex(State())

  /// - Parameter keepsOutput: false only counts, for a lot of output.
  init(keepsOutput: Bool = true) { self.keepsOutput = keepsOutput }

  var record: Record { state.withLock { $0.record } }

  var receive: @Sendable (ByteChannelEvent) -> Void {
    { event in self.take(event) }
  }

  private func take(_ event: ByteChannelEvent) {
    let due = state.withLock { state in
      if !state.record.closed.isEmpty { state.record.late += 1 }
      switch event {
      case .output(let bytes):
        state.record.outputCount += bytes.count
        if keepsOutput { state.record.output += bytes }
      case .error(let bytes): state.record.error += bytes
      case .closed(let reason): state.record.closed.append(reason)
      }
      let record = state.record
      let due = state.waiters.filter { $0.value.condition(record) }
      for id in due.keys { state.waiters[id] = nil }
      return due.values
    }
    for waiter in due { waiter.resume(true) }
  }

  /// False: it did not come true in time.
  func wait(
    _ limit: Duration = .seconds(20), until condition: @escaping @Sendable (Record) -> Bool
  ) async -> Bool {
    await withCheckedContinuation { continuation in
      let id: Int? = state.withLock { state in
        guard !condition(state.record) else { return nil }
        state.nextWaiter += 1
        state.waiters[state.nextWaiter] = Waiter(condition: condition) {
          continuation.resume(returning: $0)
        }
        return state.nextWaiter
      }
      guard let id else { return continuation.resume(returning: true) }
      Task.detached {
        try? await Task.sleep(for: limit)
        let waiter = self.state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.resume(false)
      }
    }
  }

  func waitForClose(_ limit: Duration = .seconds(20)) async -> Bool {
    await wait(limit) { !$0.closed.isEmpty }
  }
}
