/// Dates and times of day, without a calendar library: the Gregorian calendar in UTC.
extension Timestamp {
  /// The parts of a time as a calendar and a clock show them.
  package struct Parts: Hashable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var millisecond: Int
  }

  /// `2026-11-23T21:27:16.042Z`
  package var rfc3339: String {
    let at = parts
    return "\(padded(at.year, 4))-\(padded(at.month, 2))-\(padded(at.day, 2))T"
      + "\(padded(at.hour, 2)):\(padded(at.minute, 2)):\(padded(at.second, 2))"
      + ".\(padded(at.millisecond, 3))Z"
  }

  /// In UTC; a local time is this of a timestamp moved by the zone's offset.
  package var parts: Parts {
    let (days, inDay) = milliseconds.quotientAndRemainderFloored(by: 86_400_000)
    let (year, month, day) = Self.date(of: days)
    let (seconds, thousandths) = inDay.quotientAndRemainder(dividingBy: 1000)
    return Parts(
      year: year, month: month, day: day, hour: seconds / 3600, minute: seconds / 60 % 60,
      second: seconds % 60, millisecond: thousandths)
  }

  /// The Gregorian date of a day counted from 1970-01-01, in eras of 400 years that begin in March.
  private static func date(of days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainderFloored(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
  }
}

extension Int {
  fileprivate func quotientAndRemainderFloored(by divisor: Int) -> (Int, Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
