import ArgumentParser
import RunbookEngine

/// How patiently and how thoroughly a run is driven. Commands that drive none take them all the same,
/// so that the options of another command can be copied, and do not tell of them.
struct DrivingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long a host that the run has reached is tried again, such as 30s or 5m; one that it has "
        + "never reached is tried for 15s at most.", valueName: "duration"))
  var reconnectFor: String = "5m"

  @Option(
    help: ArgumentHelp(
      "Bytes kept of each stream of an action, half from its beginning and half from its end, such "
        + "as 64M, 1G or 0 for nothing.", valueName: "size"))
  var outputLimit: String = "64M"

  mutating func validate() throws {
    if Self.milliseconds(reconnectFor) == nil {
      throw ValidationError("--reconnect-for takes a number with a unit: 500ms, 30s, 5m or 2h")
    }
    if Self.bytes(outputLimit) == nil {
      throw ValidationError("--output-limit takes a number of bytes, or one with K, M or G")
    }
  }

  /// - Parameters:
  ///   - confirmsAll: every `confirm` is answered with yes.
  ///   - isAttended: a person is at the terminal and can be asked.
  func options(confirmsAll: Bool, isAttended: Bool) -> DriveOptions {
    var options = DriveOptions()
    options.reconnectFor = Self.milliseconds(reconnectFor) ?? options.reconnectFor
    options.outputLimit = Self.bytes(outputLimit) ?? options.outputLimit
    options.confirmsAll = confirmsAll ? Person.current.description : nil
    options.isAttended = isAttended
    return options
  }

  private static func milliseconds(_ text: String) -> Int? {
    let digits = text.prefix(while: \.isNumber)
    let units = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else {
      return nil
    }
    let (product, isTooLong) = number.multipliedReportingOverflow(by: unit)
    // What is longer than any outage would overflow where it is added to the time of day.
    return isTooLong || product > 1_000_000_000_000 ? nil : product
  }

  private static func bytes(_ text: String) -> Int? {
    let digits = text.prefix(while: \.isNumber)
    let units = ["": 0, "K": 10, "M": 20, "G": 30]
    guard let number = Int(digits),
      let shift = units[String(text.dropFirst(digits.count)).uppercased()]
    else { return nil }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: 1 << shift)
    return isTooLarge ? nil : product
  }
}

/// `--yes`, where something may be asked; elsewhere it is taken and means nothing.
struct ConsentOptions: ParsableArguments {
  @Flag(name: .customLong("yes"), help: "Answer every question with yes.")
  var confirmsAll = false
}
