import ArgumentParser
import RunbookEngine
import RunbookTransport

extension SSHImplementation: ExpressibleByArgument {}

/// How hosts are reached and how patiently: options of `run` and `resume`.
struct HostOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A private key to log in with; may be repeated.", valueName: "key"))
  var identity: [String] = []

  @Option(help: ArgumentHelp("Read instead of ~/.ssh/known_hosts.", valueName: "file"))
  var knownHosts: String?

  @Option(help: ArgumentHelp("What speaks SSH: auto, libssh2 or openssh.", valueName: "t"))
  var transport: SSHImplementation = .auto

  @Flag(help: "Record the key of a host that is met for the first time; never of a changed one.")
  var acceptNewHostKeys = false

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

  @Flag(name: .customLong("yes"), help: "Answer every confirm with yes.")
  var confirmsAll = false

  mutating func validate() throws {
    if Self.milliseconds(reconnectFor) == nil {
      throw ValidationError("--reconnect-for takes a number with a unit: 500ms, 30s, 5m or 2h")
    }
    if Self.bytes(outputLimit) == nil {
      throw ValidationError("--output-limit takes a number of bytes, or one with K, M or G")
    }
  }

  var ssh: SSHOptions {
    SSHOptions(
      identities: identity, knownHostsFile: knownHosts, acceptNewHostKeys: acceptNewHostKeys)
  }

  /// - Parameter isAttended: a person is at the terminal and can be asked.
  func driveOptions(isAttended: Bool) -> DriveOptions {
    var options = DriveOptions()
    options.reconnectFor = Self.milliseconds(reconnectFor) ?? options.reconnectFor
    options.outputLimit = Self.bytes(outputLimit) ?? options.outputLimit
    options.confirmsAll = confirmsAll ? Person.current.description : nil
    options.isAttended = isAttended
    return options
  }

  /// How hosts are reached, as words: what a later `resume` needs too.
  var flags: [String] {
    var words = identity.flatMap { ["--identity", $0] }
    if let knownHosts { words += ["--known-hosts", knownHosts] }
    if transport != .auto { words += ["--transport", transport.rawValue] }
    return words
  }

  /// The same with absolute paths: what a run keeps, so that it is not told again.
  var kept: [String] {
    var options = self
    options.identity = identity.map(Path.whole)
    options.knownHosts = knownHosts.map(Path.whole)
    return options.flags
  }

  /// With what a run keeps in the place of what is not given here.
  func completed(by words: [String]) -> HostOptions {
    // Words of a newer reprise are none of ours.
    guard let kept = try? HostOptions.parse(words) else { return self }
    var options = self
    if options.identity.isEmpty { options.identity = kept.identity }
    options.knownHosts = options.knownHosts ?? kept.knownHosts
    if options.transport == .auto { options.transport = kept.transport }
    return options
  }

  private static func milliseconds(_ text: String) -> Int? {
    let digits = text.prefix(while: \.isNumber)
    let units = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else {
      return nil
    }
    let (product, isTooLong) = number.multipliedReportingOverflow(by: unit)
    return isTooLong ? nil : product
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
