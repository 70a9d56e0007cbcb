import Glibc

/// An instant after which a blocking call gives up.
struct Deadline: Sendable {
  private let instant: ContinuousClock.Instant

  init(after duration: Duration) { instant = .now + duration }
  private init(instant: ContinuousClock.Instant) { self.instant = instant }

  var hasPassed: Bool { ContinuousClock.now >= instant }

  /// What is left, for `poll`: at least 0, rounded up so that a wait never ends just before.
  var milliseconds: Int32 {
    let left = ContinuousClock.now.duration(to: instant)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    let value = seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
    return Int32(clamping: value)
  }

  /// A deadline after the `part`th of what is left, for one of several things to try.
  func share(_ part: Int) -> Deadline {
    let now = ContinuousClock.now
    let left = now.duration(to: instant)
    return Deadline(instant: now + left / max(part, 1))
  }

  /// The earlier of this one and `limit` from now.
  func within(_ limit: Duration) -> Deadline {
    Deadline(instant: min(instant, ContinuousClock.now + limit))
  }

  /// Waits until `descriptor` is ready for `events`. False: the deadline passed before.
  func wait(for events: Int32, on descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    while true {
      switch poll(&entry, 1, milliseconds) {
      case 1...: return true
      case 0: if hasPassed { return false }
      default: if errno != EINTR { return false }
      }
    }
  }
}
