import RunbookCore
import RunbookEngine
import Synchronization

/// A clock that jumps: whoever waits for a time makes it that time.
package final class ManualClock: RunClock {
  private let time: Mutex<Timestamp>

  package init(start: Int = 1_700_000_000_000) {
    time = Mutex(Timestamp(milliseconds: start))
  }

  package func now() -> Timestamp { time.withLock { $0 } }

  package func advance(by milliseconds: Int) {
    time.withLock { $0 = $0 + milliseconds }
  }

  package func sleep(until deadline: Timestamp) async {
    await Task.yield()
    guard !Task.isCancelled else { return }
    time.withLock { $0 = max($0, deadline) }
  }
}
