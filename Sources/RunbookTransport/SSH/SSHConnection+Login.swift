import CLibSSH2
import Glibc
import RunbookEngine

extension SSHConnection {
  /// Logs in with the first key that the host takes.
  func logIn() throws(SSHFailure) {
    var keyring = Keyring(target: target, deadline: deadline)
    if let reason = keyring.certificateReason {
      throw SSHFailure(
        .refused(
          "\(target.place): \(reason)", remedy: "use --transport openssh"), beyondLibSSH2: reason)
    }
    while let candidate = keyring.next() {
      let code: Int32
      switch candidate {
      case .file(let file, let text): code = try offer(text, of: file)
      case .agent(let key): code = try offer(key, by: keyring.agent)
      }
      if code == 0 { return }
      // A host that goes down in the middle of a login has refused nothing.
      if hasEnded, !LibSSH2.hasSaidGoodbye(session) {
        throw unreachable("the connection ended while logging in with \(candidate.described)")
      }
      keyring.tried.append(candidate.described)
      if LibSSH2.hasSaidGoodbye(session) {
        keyring.notes.append("the host ended the login after that many keys (MaxAuthTries)")
        throw keyring.failure
      }
    }
    if let methods = try otherMethods() {
      keyring.notes.append("without a key it would take \(methods), which reprise can't answer")
    }
    throw keyring.failure
  }

  /// What the host would take instead of a key; nil if nothing, or if it has gone away.
  private func otherMethods() throws(SSHFailure) -> String? {
    var list: UnsafeMutablePointer<CChar>?
    _ = try drive("asking for other ways to log in") {
      list = libssh2_userauth_list(session, target.user, UInt32(target.user.utf8.count))
      return list == nil ? libssh2_session_last_errno(session) : 0
    }
    guard let list else { return nil }
    let methods = String(cString: list).split(separator: ",").filter { $0 != "publickey" }
    return methods.isEmpty ? nil : methods.joined(separator: ", ")
  }

  private func offer(_ text: [UInt8], of file: PrivateKeyFile) throws(SSHFailure) -> Int32 {
    try drive("logging in with \(file.path)") {
      text.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
          // An empty passphrase, not nil: with nil OpenSSL asks for one on the terminal.
          libssh2_userauth_publickey_frommemory(
            session, target.user, target.user.utf8.count, nil, 0, characters.baseAddress,
            characters.count, "")
        }
      }
    }
  }

  private func offer(_ key: SSHAgent.Key, by agent: SSHAgent?) throws(SSHFailure) -> Int32 {
    guard let agent else { return LIBSSH2_ERROR_AGENT_PROTOCOL }
    let signer = Signer(agent: agent, key: key.publicKey)
    // libssh2 keeps this pointer from the first call to the last.
    let context = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
    context.initialize(to: Unmanaged.passUnretained(signer).toOpaque())
    defer { context.deallocate() }
    return try withExtendedLifetime(signer) { () throws(SSHFailure) -> Int32 in
      try drive("logging in with the agent's key \(key.comment)") {
        libssh2_userauth_publickey(
          session, target.user, key.publicKey.blob, key.publicKey.blob.count, signWithAgent,
          context)
      }
    }
  }
}

/// What the callback for a signature needs.
private final class Signer {
  let agent: SSHAgent
  let key: HostKey

  init(agent: SSHAgent, key: HostKey) {
    self.agent = agent
    self.key = key
  }
}

/// Called by libssh2 with the bytes to sign; the signature is freed by libssh2.
private let signWithAgent:
  @convention(c) (
    OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int,
    UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Int32 = { _, signature, signatureLength, data, length, context in
    guard let signature, let signatureLength, let data, let raw = context?.pointee else {
      return -1
    }
    let signer = Unmanaged<Signer>.fromOpaque(raw).takeUnretainedValue()
    let bytes = Array(UnsafeBufferPointer(start: data, count: length))
    guard let signed = try? signer.agent.sign(bytes, with: signer.key),
      let copy = malloc(max(signed.count, 1))
    else { return -1 }
    copy.copyMemory(from: signed, byteCount: signed.count)
    signature.pointee = copy.assumingMemoryBound(to: UInt8.self)
    signatureLength.pointee = signed.count
    return 0
  }
