import Glibc
import RunbookCore
import RunbookReport

extension ClockText {
  /// Times of day in the zone of this machine.
  static let local = ClockText { time in
    var seconds = time.milliseconds / 1000
    var parts = tm()
    return localtime_r(&seconds, &parts) == nil ? 0 : parts.tm_gmtoff * 1000
  }
}
