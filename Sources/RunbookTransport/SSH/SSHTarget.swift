import Glibc
import RunbookCore
import RunbookEngine

/// Where and how to connect to one host: its inventory row, the options and the configuration
/// put together.
struct SSHTarget: Sendable {
  /// The host as the inventory calls it, for messages.
  var name: String
  var address: String
  var port: Int
  var user: String
  var configuration: OpenSSHConfiguration
  var options: SSHOptions

  /// The inventory's address, user and port win over the configuration.
  init(host: Host, configuration: OpenSSHConfiguration, options: SSHOptions) {
    name = host.name
    // The configuration's own name may be the one of another host that shares the answer.
    let isAlias = configuration["host"] == host.address
    address = isAlias ? configuration["hostname"] ?? host.address : host.address
    port = host.port ?? configuration["port"].flatMap { Int($0) } ?? 22
    user = host.user ?? configuration["user"] ?? Self.localUser
    self.configuration = configuration
    self.options = options
  }

  static var localUser: String {
    guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "root" }
    return String(cString: name)
  }

  /// How errors name the place.
  var place: String { "\(user)@\(address) port \(port)" }

  /// What the host's keys are recorded under: `name` or `[name]:port`, in lower case.
  var knownHostsName: String {
    if let alias = configuration["hostkeyalias"] { return alias.lowercased() }
    return port == 22 ? address.lowercased() : "[\(address.lowercased())]:\(port)"
  }

  /// OpenSSH also takes a key that is recorded without the port.
  var knownHostsNameWithoutPort: String? {
    configuration["hostkeyalias"] == nil && port != 22 ? address.lowercased() : nil
  }

  var userKnownHostsFiles: [String] {
    if let file = options.knownHostsFile { return [file] }
    return configuration.files("userknownhostsfile")
  }

  var knownHostsFiles: [String] {
    userKnownHostsFiles + configuration.files("globalknownhostsfile")
  }

  /// Key files to offer, in order. Keys named on the command line replace the others.
  var identityFiles: [String] {
    if !options.identities.isEmpty {
      return options.identities.map(OpenSSHConfiguration.expandTilde)
    }
    return configuration.all("identityfile").compactMap {
      IdentityFileName.expand($0, for: self)
    }
  }

  /// The agent's socket; nil where none is to be asked.
  var agentSocket: String? {
    guard options.usesAgent else { return nil }
    if let socket = options.agentSocket { return socket }
    let environment = getenv("SSH_AUTH_SOCK").map { String(cString: $0) }
    guard let configured = configuration["identityagent"] else {
      let isDisabled = configuration.all("identityagent").first == "none"
      return isDisabled ? nil : environment
    }
    if configured == "SSH_AUTH_SOCK" { return environment }
    if configured.hasPrefix("$") {
      return getenv(String(configured.dropFirst().drop { $0 == "{" }.prefix { $0 != "}" }))
        .map { String(cString: $0) }
    }
    return OpenSSHConfiguration.expandTilde(configured)
  }
}

extension SSHTarget {
  /// What the configuration asks for and libssh2 lacks, as the end of "libssh2 can't …".
  var beyondLibSSH2: String? {
    if configuration["proxycommand"] != nil { return "use a ProxyCommand" }
    if configuration["proxyjump"] != nil { return "use a ProxyJump" }
    for option in ["bindaddress", "bindinterface"] where configuration[option] != nil {
      return "connect from a \(option)"
    }
    if configuration["knownhostscommand"] != nil { return "ask a KnownHostsCommand" }
    if configuration["revokedhostkeys"] != nil { return "read RevokedHostKeys" }
    if !configuration.all("certificatefile").isEmpty { return "log in with a CertificateFile" }
    if options.identities.isEmpty,
      let name = configuration.all("identityfile").first(where: {
        IdentityFileName.expand($0, for: self) == nil
      })
    {
      return "expand the IdentityFile \(name)"
    }
    if let pkcs11 = configuration["pkcs11provider"] { return "use the PKCS#11 provider \(pkcs11)" }
    return nil
  }
}
