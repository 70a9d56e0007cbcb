import Glibc
import RunbookEngine

/// The keys to offer to one host, in order, and what became of them.
struct Keyring {
  enum Candidate {
    case file(PrivateKeyFile, text: [UInt8])
    case agent(SSHAgent.Key)

    var publicKey: HostKey? {
      switch self {
      case .file(let file, _): file.publicKey
      case .agent(let key): key.publicKey
      }
    }

    var described: String {
      let type = publicKey.map { " (\($0.shortType))" } ?? ""
      return switch self {
      case .file(let file, _): file.path + type
      case .agent(let key): "the agent's key \(key.comment)" + type
      }
    }
  }

  /// The connection to the agent, once it was asked.
  private(set) var agent: SSHAgent?
  /// What libssh2 lacks, if the user's keys come with certificates.
  private(set) var certificateReason: String?
  /// Keys that were refused.
  var tried: [String] = []
  /// Keys that could not be offered, and why.
  var notes: [String] = []

  private let target: SSHTarget
  private let deadline: Deadline
  private var candidates: [Candidate] = []
  /// Offered last of all, because libssh2 can only sign with them as current servers refuse it.
  private var rsaCandidates: [Candidate] = []
  /// Files that only the agent can use.
  private var locked: [PrivateKeyFile] = []
  private var used: Set<HostKey> = []
  private var hasAskedAgent = false
  private var hasEncrypted = false
  private var needsOpenSSH: [String] = []

  /// Reads the key files; the agent is asked when they were not enough.
  init(target: SSHTarget, deadline: Deadline) {
    self.target = target
    self.deadline = deadline
    for path in target.identityFiles {
      if let file = PrivateKeyFile(path: path) {
        add(file)
      } else if !target.options.identities.isEmpty {
        notes.append("\(path) does not exist")
      }
    }
  }

  /// The key to offer next; nil: there is none left.
  mutating func next() -> Candidate? {
    if candidates.isEmpty && !hasAskedAgent {
      hasAskedAgent = true
      addAgentKeys()
    }
    if !candidates.isEmpty { return candidates.removeFirst() }
    return rsaCandidates.isEmpty ? nil : rsaCandidates.removeFirst()
  }

  private mutating func add(_ file: PrivateKeyFile) {
    if file.hasCertificate && certificateReason == nil {
      certificateReason = "offer the certificate \(file.path)-cert.pub"
    }
    if file.isSecurityKey {
      needsOpenSSH.append("sign with the security key \(file.path)")
      return
    }
    switch file.content {
    case .plain(let text):
      if let key = file.publicKey { used.insert(key) }
      guard file.isRSA else { return candidates.append(.file(file, text: text)) }
      rsaCandidates.append(.file(file, text: text))
      needsOpenSSH.append("sign with the RSA key \(file.path) as the host wants")
    case .encrypted, .publicOnly: locked.append(file)
    case .unusable(let reason): notes.append("\(file.path) \(reason)")
    }
  }

  /// The agent's keys that belong to a file come first; the others as far as the configuration
  /// lets.
  private mutating func addAgentKeys() {
    let keys = readAgent()
    for file in locked {
      if let key = keys.first(where: { $0.publicKey == file.publicKey }) {
        add(key)
      } else if case .encrypted = file.content {
        hasEncrypted = true
        notes.append("\(file.path) is encrypted and no agent has it")
      } else {
        notes.append("\(file.path) is a public key and no agent has the private one")
      }
    }
    guard !target.configuration.isOn("identitiesonly") else { return }
    for key in keys { add(key) }
  }

  private mutating func readAgent() -> [SSHAgent.Key] {
    guard let path = target.agentSocket else { return [] }
    do {
      let agent = try SSHAgent(path: path, deadline: deadline)
      self.agent = agent
      return try agent.keys()
    } catch {
      notes.append("the agent can't be asked (\(error.reason))")
      return []
    }
  }

  private mutating func add(_ key: SSHAgent.Key) {
    guard used.insert(key.publicKey).inserted else { return }
    let type = key.publicKey.type
    if type.hasPrefix("sk-") || type.contains("-cert-") {
      needsOpenSSH.append("sign with the agent's key \(key.comment) (\(type))")
    } else if type == "ssh-rsa" {
      rsaCandidates.append(.agent(key))
      needsOpenSSH.append("sign with the agent's RSA key \(key.comment) as the host wants")
    } else {
      candidates.append(.agent(key))
    }
  }

  /// Nothing was accepted: what was tried, and what to do.
  var failure: SSHFailure {
    var reason =
      tried.isEmpty
      ? "\(target.place): there is no key to log in with"
      : "\(target.place) refused " + tried.joined(separator: ", ")
    if !notes.isEmpty { reason += "; " + notes.joined(separator: "; ") }
    var remedies: [String] = []
    if hasEncrypted {
      remedies.append("unlock the encrypted key for this session: eval $(ssh-agent); ssh-add FILE")
    }
    if !tried.isEmpty {
      remedies.append(
        "add the public key to ~\(target.user)/.ssh/authorized_keys on \(target.address)")
    }
    remedies.append("name the right key with --identity KEY")
    if !needsOpenSSH.isEmpty { remedies.append("use --transport openssh") }
    return SSHFailure(
      .refused(reason, remedy: remedies.joined(separator: ", or ")),
      beyondLibSSH2: needsOpenSSH.first ?? gssapi)
  }

  private var gssapi: String? {
    let hasTicket =
      environmentVariable("KRB5CCNAME") != nil || SmallFile.exists("/tmp/krb5cc_\(getuid())")
    guard hasTicket, target.configuration.isOn("gssapiauthentication") else { return nil }
    return "log in with Kerberos (GSSAPI)"
  }
}
