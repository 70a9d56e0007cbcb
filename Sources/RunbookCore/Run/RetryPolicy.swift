/// How often a failed task is tried and how long it waits between two attempts.
package struct RetryPolicy: Hashable, Sendable {
  /// Attempts in all, at least 1.
  package var attempts: Int
  /// Milliseconds before the second attempt.
  package var pause: Int
  /// Where given, the pause doubles from one attempt to the next up to this.
  package var longestPause: Int?

  package static let once = RetryPolicy(attempts: 1, pause: 0, longestPause: nil)

  package init(attempts: Int, pause: Int, longestPause: Int?) {
    self.attempts = max(1, attempts)
    self.pause = max(0, pause)
    self.longestPause = longestPause
  }

  /// Milliseconds to wait before the next attempt, or nil when `made` attempts were enough.
  package func pause(after made: Int) -> Int? {
    guard made < attempts else { return nil }
    guard let longestPause else { return pause }
    var length = pause
    for _ in 1..<max(made, 1) where length < longestPause { length *= 2 }
    return min(length, longestPause)
  }
}
