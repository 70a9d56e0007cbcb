import RunbookEngine

/// How hosts are reached over SSH: what the command line says, the same for all hosts.
///
/// What is not said here comes from the user's OpenSSH configuration, as `ssh -G` reports it.
package struct SSHOptions: Hashable, Sendable {
  /// Private keys to offer, in this order, before anything else. Named keys replace the default
  /// keys of `~/.ssh`; the agent is still asked.
  package var identities: [String]
  /// Replaces the user's `known_hosts`; the system-wide files still apply, as with
  /// `ssh -o UserKnownHostsFile=F`.
  package var knownHostsFile: String?
  /// Whether the key of a host that is met for the first time is recorded and accepted. A host
  /// that is known by any key is never a first contact.
  package var acceptNewHostKeys: Bool
  /// Bound for everything from the name look-up to the running command.
  package var connectTimeout: Duration
  /// Whether the agent at `agentSocket` is asked for keys.
  package var usesAgent: Bool
  /// The socket of the agent; nil takes the one of the configuration, which by default is
  /// `$SSH_AUTH_SOCK`.
  package var agentSocket: String?
  /// Read instead of the user's and the system's configuration, as with `ssh -F`.
  package var configurationFile: String?

  package init(
    identities: [String] = [], knownHostsFile: String? = nil, acceptNewHostKeys: Bool = false,
    connectTimeout: Duration = .seconds(10), usesAgent: Bool = true, agentSocket: String? = nil,
    configurationFile: String? = nil
  ) {
    self.identities = identities
    self.knownHostsFile = knownHostsFile
    self.acceptNewHostKeys = acceptNewHostKeys
    self.connectTimeout = connectTimeout
    self.usesAgent = usesAgent
    self.agentSocket = agentSocket
    self.configurationFile = configurationFile
  }
}

/// Which program speaks SSH: the value of `--transport`.
package enum SSHImplementation: String, CaseIterable, Sendable {
  /// libssh2, and the system's `ssh` for the hosts that libssh2 can't serve.
  case auto
  case libssh2
  case openssh
}
