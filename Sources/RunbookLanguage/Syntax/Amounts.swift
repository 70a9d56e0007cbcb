/// Numbers with units, as files and command lines write them.
enum Amounts {
  /// Far beyond anything sensible and far from overflowing: about 30,000 years in milliseconds.
  static let limit = 1_000_000_000_000_000

  enum Reading {
    case milliseconds(Int)
    case badUnit(String)
    case tooLarge
  }

  static func duration(_ text: String) -> Reading {
    let digits = text.utf8.prefix { $0 == UInt8(ascii: "-") || isDigit($0) }
    let unit = String(text[digits.endIndex...])
    let factor =
      switch unit {
      case "ms": 1
      case "s": 1000
      case "m": 60_000
      case "h": 3_600_000
      case _: 0
      }
    guard factor > 0, !digits.isEmpty else { return .badUnit(unit) }
    guard let count = Int(Substring(digits)) else { return .tooLarge }
    let (product, hasOverflown) = count.multipliedReportingOverflow(by: factor)
    return hasOverflown || product.magnitude > limit ? .tooLarge : .milliseconds(product)
  }
}
