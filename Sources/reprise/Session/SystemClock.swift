import Foundation
import RunbookCore
import RunbookEngine

/// The clock of this machine.
struct SystemClock: RunClock {
  func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
  }

  func sleep(until deadline: Timestamp) async {
    let milliseconds = max(0, deadline.milliseconds - now().milliseconds)
    try? await Task.sleep(for: .milliseconds(milliseconds), tolerance: .zero)
  }
}
