import Foundation
import RunbookCore
import RunbookEngine

/// The clock of this machine: its wall time when the process first asked, and the time that has passed
/// since, suspended or not. Whoever sets the wall clock moves no deadline.
struct SystemClock: RunClock {
  private static let start = (wall: read(CLOCK_REALTIME), uptime: read(CLOCK_BOOTTIME))
  private let lead: Int

  /// - Parameter earliest: what the clock shows at least. A run whose earlier owner had a clock that
  ///   was ahead goes on from there: its times don't go backwards, and its deadlines are not farther
  ///   away than they were.
  init(notBefore earliest: Timestamp? = nil) {
    lead = max(0, (earliest?.milliseconds ?? 0) - Self.milliseconds)
  }

  func now() -> Timestamp { Timestamp(milliseconds: Self.milliseconds + lead) }

  func sleep(until deadline: Timestamp) async {
    let milliseconds = max(0, deadline.milliseconds - now().milliseconds)
    try? await Task.sleep(for: .milliseconds(milliseconds), tolerance: .zero)
  }

  private static var milliseconds: Int {
    let start = start
    return start.wall + read(CLOCK_BOOTTIME) - start.uptime
  }

  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
