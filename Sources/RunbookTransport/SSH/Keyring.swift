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

  private(set) var candidates: [Candidate] = []
  private(set) var agent: SSHAgent?
  /// What libssh2 lacks, if the user's keys come with certificates.
  private(set) var certificateReason: String?
  /// Keys that were refused.
  var tried: [String] = []
  /// Keys that could not be offered, and why.
  var notes: [String] = []

  private let target: SSHTarget
  private var hasEncrypted = false
  private var needsOpenSSH: [String] = []

  /// Named keys come first; then, as far as the configuration lets, those of the agent; RSA keys
  /// last of all, because libssh2 can only sign with them as current servers refuse it.
  init(target: SSHTarget, deadline: Deadline) {
    self.target = target
    let agentKeys = readAgent(by: deadline)
    var used: Set<HostKey> = []
    for path in target.identityFiles {
      guard let file = PrivateKeyFile(path: path) else {
        if !target.options.identities.isEmpty { notes.append("\(path) does not exist") }
        continue
      }
      add(file, agentKeys, &used)
    }
    if !target.configuration.isOn("identitiesonly") {
      for key in agentKeys where used.insert(key.publicKey).inserted { add(key) }
    }
    let isLast: (Candidate) -> Bool = { $0.publicKey?.type == "ssh-rsa" }
    candidates = candidates.filter { !isLast($0) } + candidates.filter(isLast)
  }

  private mutating func readAgent(by deadline: Deadline) -> [SSHAgent.Key] {
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

  private mutating func add(
    _ file: PrivateKeyFile, _ agentKeys: [SSHAgent.Key], _ used: inout Set<HostKey>
  ) {
    let inAgent = file.publicKey.flatMap { key in agentKeys.first { $0.publicKey == key } }
    if file.hasCertificate && certificateReason == nil {
      certificateReason = "offer the certificate \(file.path)-cert.pub"
    }
    if file.isSecurityKey {
      needsOpenSSH.append("sign with the security key \(file.path)")
      return
    }
    switch file.content {
    case .plain(let text):
      candidates.append(.file(file, text: text))
      if let key = file.publicKey { used.insert(key) }
      if file.isRSA { needsOpenSSH.append("sign with the RSA key \(file.path) as the host wants") }
    case .encrypted, .publicOnly:
      if let inAgent {
        used.insert(inAgent.publicKey)
        add(inAgent)
      } else if case .encrypted = file.content {
        hasEncrypted = true
        notes.append("\(file.path) is encrypted and no agent has it")
      } else {
        notes.append("\(file.path) is a public key and no agent has the private one")
      }
    case .unusable(let reason):
      notes.append("\(file.path) \(reason)")
    }
  }

  private mutating func add(_ key: SSHAgent.Key) {
    let type = key.publicKey.type
    if type.hasPrefix("sk-") || type.contains("-cert-") {
      needsOpenSSH.append("sign with the agent's key \(key.comment) (\(type))")
      return
    }
    if type == "ssh-rsa" {
      needsOpenSSH.append("sign with the agent's RSA key \(key.comment) as the host wants")
    }
    candidates.append(.agent(key))
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
