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
    let digits = text.prefix { $0 == "-" || $0.isASCII && $0.isNumber }
    let unit = String(text.dropFirst(digits.count))
    let factors = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let factor = factors[unit], !digits.isEmpty else { return .badUnit(unit) }
    guard let count = Int(digits) else { return .tooLarge }
    let (product, hasOverflown) = count.multipliedReportingOverflow(by: factor)
    return hasOverflown || abs(product) > limit ? .tooLarge : .milliseconds(product)
  }
}
