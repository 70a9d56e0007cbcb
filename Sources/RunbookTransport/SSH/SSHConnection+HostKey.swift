import CLibSSH2
import RunbookEngine

extension SSHConnection {
  /// Exchanges keys and makes sure that the far end is the host it should be.
  func handshake(_ knownHosts: KnownHosts) throws(SSHFailure) {
    let known: KnownHostKeys
    do {
      known = try knownHosts.keys(for: target, by: deadline)
    } catch {
      throw SSHFailure(error)
    }
    try prefer(known)
    let code = try drive("exchanging keys") { libssh2_session_handshake(session, socket) }
    guard code == 0 else { throw handshakeFailure(code) }
    try verify(try presentedKey(), known, knownHosts)
  }

  /// Asks for a type of host key that is known, and keeps to the algorithms that the
  /// configuration allows.
  private func prefer(_ known: KnownHostKeys) throws(SSHFailure) {
    for (kind, option) in [
      (LIBSSH2_METHOD_KEX, "kexalgorithms"), (LIBSSH2_METHOD_CRYPT_CS, "ciphers"),
      (LIBSSH2_METHOD_CRYPT_SC, "ciphers"), (LIBSSH2_METHOD_MAC_CS, "macs"),
      (LIBSSH2_METHOD_MAC_SC, "macs"),
    ] {
      guard let allowed = target.configuration.list(option) else { continue }
      try set(kind, LibSSH2.algorithms(kind, of: session).filter(allowed.contains), option)
    }
    let allowed = target.configuration.list("hostkeyalgorithms")
    let types = LibSSH2.algorithms(LIBSSH2_METHOD_HOSTKEY, of: session)
      .filter { allowed?.contains($0) ?? true }
      .filter { !$0.contains("-cert-") }
    let preferred =
      types.filter { known.types.contains($0) && $0 == "ssh-ed25519" }
      + types.filter { known.types.contains($0) && $0 != "ssh-ed25519" }
    let others =
      types.filter { !known.types.contains($0) && $0 == "ssh-ed25519" }
      + types.filter { !known.types.contains($0) && $0 != "ssh-ed25519" }
    try set(LIBSSH2_METHOD_HOSTKEY, preferred + others, "hostkeyalgorithms")
  }

  private func set(_ kind: Int32, _ names: [String], _ option: String) throws(SSHFailure) {
    let list = names.joined(separator: ",")
    guard !names.isEmpty, libssh2_session_method_pref(session, kind, list) == 0 else {
      throw SSHFailure(
        .refused(
          "libssh2 has none of the \(option) that the configuration allows for \(target.address)",
          remedy: "use --transport openssh"),
        beyondLibSSH2: "use any of the \(option) that are allowed")
    }
  }

  private func handshakeFailure(_ code: Int32) -> SSHFailure {
    let reason = LibSSH2.lastError(of: session)
    switch code {
    case LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_METHOD_NONE, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
      return SSHFailure(
        .refused(
          "\(target.place) and libssh2 have no algorithm in common (\(reason))",
          remedy: "use --transport openssh, or let the host's sshd offer aes128-ctr with "
            + "hmac-sha2-256 and an ed25519 or ecdsa host key"),
        beyondLibSSH2: "speak any of the algorithms that the host offers")
    case LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV,
      LIBSSH2_ERROR_SOCKET_SEND:
      return unreachable(
        "the connection was closed before the login (\(reason)); an sshd does this when too many "
          + "log in at once (MaxStartups)")
    default:
      return unreachable("the SSH handshake failed (\(code)): \(reason)")
    }
  }

  private func presentedKey() throws(SSHFailure) -> HostKey {
    var length = 0
    var type: Int32 = 0
    guard let raw = libssh2_session_hostkey(session, &length, &type), length > 0,
      let key = HostKey(
        blob: Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(raw), count: length)))
    else { throw unreachable("the host presented no host key") }
    return key
  }

  private func verify(
    _ key: HostKey, _ known: KnownHostKeys, _ knownHosts: KnownHosts
  ) throws(SSHFailure) {
    var verdict = known.verdict(on: key)
    if verdict == .unknown && target.options.acceptNewHostKeys {
      do {
        verdict = try knownHosts.record(key, for: target, by: deadline)
      } catch {
        throw SSHFailure(error)
      }
    }
    let errors = HostKeyErrors(
      target: target, described: "\(key.shortType) \(presentedFingerprint())")
    switch verdict {
    case .known: return
    case .unknown: throw SSHFailure(errors.unknown)
    case .revoked: throw SSHFailure(errors.revoked)
    case .changed:
      // Known in ways that libssh2 can't verify: OpenSSH may find that nothing has changed.
      guard let reason = reasonNotToTrust(known, key) else { throw SSHFailure(errors.changed) }
      throw SSHFailure(errors.unverifiable(reason), beyondLibSSH2: reason)
    }
  }

  private func reasonNotToTrust(_ known: KnownHostKeys, _ presented: HostKey) -> String? {
    if known.keys.isEmpty { return "ask the certificate authority by which the host is known" }
    let types = Set(LibSSH2.algorithms(LIBSSH2_METHOD_HOSTKEY, of: session))
    let beyond = known.keys.filter { $0.type == "ssh-rsa" || !types.contains($0.type) }
    guard !known.types.contains(presented.type), let key = beyond.first else { return nil }
    return "verify the \(key.shortType) key by which the host is known"
  }

  private func presentedFingerprint() -> String {
    guard let hash = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256) else {
      return "no fingerprint"
    }
    return fingerprint(
      sha256: Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(hash), count: 32)))
  }
}
