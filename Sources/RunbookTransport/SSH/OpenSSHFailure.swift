import RunbookEngine

/// Turns what `ssh` said into an error with a remedy.
struct OpenSSHFailure {
  var target: SSHTarget
  var lines: [String]
  /// The time was up before `ssh` had ended.
  var isLate: Bool

  static func isDebug(_ line: String) -> Bool {
    line.hasPrefix("debug1:") || line.hasPrefix("debug2:") || line.hasPrefix("debug3:")
      || line.hasPrefix("OpenSSH_")
  }

  var error: TransportError {
    if says("REMOTE HOST IDENTIFICATION HAS CHANGED") { return hostKey.changed }
    if says("REVOKED HOST KEY DETECTED") || says("marked as revoked") { return hostKey.revoked }
    if says("Host key verification failed") { return hostKey.unknown }
    if says("Permission denied (") || says("Too many authentication failures") { return refused }
    if isLate {
      let limit = target.options.connectTimeout.components.seconds
      return .unreachable("\(target.place): ssh has not connected in time (\(limit) s)\(detail)")
    }
    return .unreachable("\(target.place): ssh could not connect\(detail)")
  }

  private func says(_ words: String) -> Bool { lines.contains { $0.contains(words) } }

  private var detail: String {
    lines.last { !Self.isDebug($0) }.map { ": \($0)" } ?? ""
  }

  private var hostKey: HostKeyErrors {
    // "debug1: Server host key: ssh-ed25519 SHA256:…"
    let words = after("debug1: Server host key: ").last?.split(separator: " ") ?? []
    let type = words.first.map { HostKey(type: String($0), blob: []).shortType }
    let described = [type, words.dropFirst().first.map(String.init)].compactMap { $0 }
    return HostKeyErrors(
      target: target,
      described: described.isEmpty ? "no fingerprint" : described.joined(separator: " "))
  }

  private var refused: TransportError {
    let offered = after("debug1: Offering public key: ") + after("debug1: Trying private key: ")
    let encrypted = target.identityFiles.filter { path in
      if case .encrypted = PrivateKeyFile(path: path)?.content { true } else { false }
    }
    var reason = "\(target.place) refused the login\(detail)"
    if !offered.isEmpty { reason += "; tried " + offered.joined(separator: ", ") }
    for path in encrypted { reason += "; \(path) is encrypted and may be locked" }
    let unlock =
      encrypted.isEmpty
      ? "" : "unlock the encrypted key for this session: eval $(ssh-agent); ssh-add FILE, or "
    return .refused(
      reason,
      remedy: unlock + "add the public key to ~\(target.user)/.ssh/authorized_keys on "
        + "\(target.address), or name the right key with --identity KEY")
  }

  private func after(_ prefix: String) -> [String] {
    lines.compactMap { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : nil }
  }
}
