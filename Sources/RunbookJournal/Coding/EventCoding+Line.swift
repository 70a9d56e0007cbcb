import RunbookCore

extension EventCoding {
  /// An event as one line of `history --events --json`, without the line's end: the event's own
  /// object with `run`, `sequence` and `time` (RFC 3339, UTC) before its fields.
  package static func line(run: String, sequence: Int, _ fact: Fact) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.field("run", run)
      $0.field("sequence", sequence)
      $0.field("time", fact.time.rfc3339)
      $0.fields(of: fact.event)
    }
    return json.bytes
  }
}

extension Timestamp {
  /// `2026-11-23T21:27:16.042Z`
  package var rfc3339: String {
    let (days, inDay) = milliseconds.quotientAndRemainderFloored(by: 86_400_000)
    let (year, month, day) = Self.date(of: days)
    let (seconds, thousandths) = inDay.quotientAndRemainder(dividingBy: 1000)
    let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
      + time.joined(separator: ":") + ".\(padded(thousandths, 3))Z"
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
