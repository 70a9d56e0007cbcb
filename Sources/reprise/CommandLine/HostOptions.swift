import ArgumentParser
import RunbookEngine
import RunbookTransport

extension SSHImplementation: ExpressibleByArgument {}

/// How hosts are reached.
struct HostOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A private key to log in with; may be repeated.", valueName: "key"))
  var identity: [String] = []

  @Option(help: ArgumentHelp("Read instead of ~/.ssh/known_hosts.", valueName: "file"))
  var knownHosts: String?

  @Option(help: ArgumentHelp("What speaks SSH: auto, libssh2 or openssh.", valueName: "t"))
  var transport: SSHImplementation = .auto

  @Flag(help: "Record the key of a host that is met for the first time; never of a changed one.")
  var acceptNewHostKeys = false

  var ssh: SSHOptions {
    SSHOptions(
      identities: identity, knownHostsFile: knownHosts, acceptNewHostKeys: acceptNewHostKeys)
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
}
