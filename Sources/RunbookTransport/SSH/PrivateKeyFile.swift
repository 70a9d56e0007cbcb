import FoundationEssentials
import Glibc

/// A private key on disk, judged before it is offered: its type, and whether it can be used
/// without a passphrase.
struct PrivateKeyFile: Sendable {
  enum Content: Sendable {
    /// The file's text, for libssh2.
    case plain([UInt8])
    /// Only an agent can use it.
    case encrypted
    /// A public key: the agent holds the private one.
    case publicOnly
    case unusable(String)
  }

  var path: String
  /// The public key; nil where an encrypted file does not show it and no `.pub` lies beside it.
  var publicKey: HostKey?
  var content: Content

  /// Nil: there is no such file.
  init?(path: String) {
    guard SmallFile.exists(path) else { return nil }
    self.path = path
    publicKey = Self.publicLine(path + ".pub")
    guard let bytes = SmallFile.bytes(path) else {
      content = .unusable("can't be read: \(systemMessage().lowercasedFirst)")
      return
    }
    if let line = Self.publicLine(path) {
      publicKey = line
      content = .publicOnly
      return
    }
    if let reason = Self.exposure(path) {
      content = .unusable(reason)
      return
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if let container = OpenSSHKeyContainer(text) {
      publicKey = container.publicKey ?? publicKey
      content = container.isEncrypted ? .encrypted : .plain(bytes)
    } else if text.contains("PRIVATE KEY-----") {
      content = text.contains("ENCRYPTED") ? .encrypted : .plain(bytes)
      if publicKey == nil, text.contains("BEGIN RSA PRIVATE KEY") {
        publicKey = HostKey(type: "ssh-rsa", blob: [])
      }
    } else {
      content = .unusable("is not a private key")
    }
  }

  var isRSA: Bool { publicKey?.type == "ssh-rsa" }
  var isSecurityKey: Bool { publicKey?.type.hasPrefix("sk-") ?? false }
  /// OpenSSH offers a certificate that lies beside the key; libssh2 can't.
  var hasCertificate: Bool { SmallFile.exists(path + "-cert.pub") }

  private static func publicLine(_ path: String) -> HostKey? {
    guard let text = SmallFile.text(path) else { return nil }
    let words = text.prefix(16384).split(whereSeparator: \.isWhitespace).prefix(2)
    guard words.count == 2, !words[0].hasPrefix("-----") else { return nil }
    guard let key = HostKey(type: words[0], base64: words[1]), HostKey(blob: key.blob) == key
    else { return nil }
    return key
  }

  /// OpenSSH's rule: a key that others can read is not a secret, and is not used.
  private static func exposure(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return "can't be looked at: \(systemMessage())" }
    guard status.st_uid == getuid(), status.st_mode & 0o077 != 0 else { return nil }
    return "can be read by others (chmod 600 \(path))"
  }
}

/// The envelope of OpenSSH's private key format: readable without the passphrase.
private struct OpenSSHKeyContainer {
  var isEncrypted: Bool
  var publicKey: HostKey?

  init?(_ text: String) {
    let begin = "-----BEGIN OPENSSH PRIVATE KEY-----"
    guard let start = text.firstRange(of: begin)?.upperBound,
      let end = text[start...].firstRange(of: "-----END")?.lowerBound,
      let data = Data(base64Encoded: text[start..<end].filter { !$0.isWhitespace })
    else { return nil }
    var reader = WireReader(Array(data))
    guard reader.skip(Array("openssh-key-v1\0".utf8)), let cipher = reader.string(),
      reader.string() != nil, reader.string() != nil, reader.number() != nil
    else { return nil }
    isEncrypted = cipher != Array("none".utf8)
    publicKey = reader.string().flatMap { HostKey(blob: $0) }
  }
}
