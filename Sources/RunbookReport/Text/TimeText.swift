import RunbookCore

/// How long something took or takes.
package enum DurationText {
  /// `45ms`, `3.1s`, `12s`, `2m 05s`, `1h 04m`, `2d 3h`: of something that is over.
  package static func of(_ milliseconds: Int) -> String {
    let ms = max(0, milliseconds)
    if ms < 100 { return "\(ms)ms" }
    if ms < 9_950 { return "\((ms + 50) / 1000).\((ms + 50) / 100 % 10)s" }
    return elapsed(ms + 500)
  }

  /// Whole seconds: of something that goes on, so that only the last digit moves.
  package static func elapsed(_ milliseconds: Int) -> String {
    let seconds = max(0, milliseconds) / 1000
    if seconds < 100 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m \(two(seconds % 60))s" }
    if seconds < 86_400 { return "\(seconds / 3600)h \(two(seconds / 60 % 60))m" }
    return "\(seconds / 86_400)d \(seconds / 3600 % 24)h"
  }

  /// `0:41`, `12:05`, `1:02:03`: the clock of a whole run.
  package static func clock(_ milliseconds: Int) -> String {
    let seconds = max(0, milliseconds) / 1000
    let tail = two(seconds % 60)
    if seconds < 3600 { return "\(seconds / 60):\(tail)" }
    return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(tail)"
  }

  /// A duration as a runbook writes it: `500ms`, `30s`, `5m`.
  package static func written(_ milliseconds: Int) -> String {
    if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1000
    if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    if seconds > 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
    return "\(seconds)s"
  }
}

/// Times of day where the reader is.
package struct ClockText: Sendable {
  /// Milliseconds that the reader's clock is ahead of UTC at a time.
  package var offset: @Sendable (Timestamp) -> Int

  package init(offset: @escaping @Sendable (Timestamp) -> Int) { self.offset = offset }

  package static let utc = ClockText { _ in 0 }

  /// `22:07:01`
  package func time(_ time: Timestamp) -> String {
    let at = (time + offset(time)).parts
    return "\(two(at.hour)):\(two(at.minute)):\(two(at.second))"
  }

  /// `2026-11-23 22:07`
  package func dateAndMinute(_ time: Timestamp) -> String {
    let at = (time + offset(time)).parts
    return "\(at.year)-\(two(at.month))-\(two(at.day)) \(two(at.hour)):\(two(at.minute))"
  }

  /// `2026-11-23 22:07:01`
  package func dateAndTime(_ time: Timestamp) -> String {
    let at = (time + offset(time)).parts
    return "\(at.year)-\(two(at.month))-\(two(at.day)) " + self.time(time)
  }
}

private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
