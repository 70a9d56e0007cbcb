import RunbookCore

/// The time, and waiting for it. Tests turn it by hand.
package protocol RunClock: Sendable {
  func now() -> Timestamp
  /// Returns at `deadline` or when the task is cancelled.
  func sleep(until deadline: Timestamp) async
}
