import FoundationEssentials

/// A server's public key: its type and the blob that SSH sends.
struct HostKey: Hashable, Sendable {
  var type: String
  var blob: [UInt8]

  init(type: String, blob: [UInt8]) {
    self.type = type
    self.blob = blob
  }

  /// The key that the server presented: its type is the first string of the blob.
  init?(blob: [UInt8]) {
    var reader = WireReader(blob)
    guard let type = reader.string() else { return nil }
    self.init(type: String(decoding: type, as: UTF8.self), blob: blob)
  }

  init?(type: Substring, base64: Substring) {
    guard let data = Data(base64Encoded: String(base64)) else { return nil }
    self.init(type: String(type), blob: Array(data))
  }

  /// `ssh-ed25519 AAAA…`, as in `known_hosts`.
  var line: String { "\(type) \(Data(blob).base64EncodedString())" }

  /// The type as OpenSSH's messages name it.
  var shortType: String {
    switch type {
    case "ssh-ed25519": "ED25519"
    case "ssh-rsa": "RSA"
    case "ssh-dss": "DSA"
    case let type where type.hasPrefix("ecdsa-"): "ECDSA"
    case let type where type.hasPrefix("sk-"): "security key"
    default: type
    }
  }
}

/// A digest as OpenSSH prints it: `SHA256:` and unpadded base64.
func fingerprint(sha256: [UInt8]) -> String {
  "SHA256:" + Data(sha256).base64EncodedString().filter { $0 != "=" }
}

/// Reads SSH's encoding: strings and numbers with a big-endian length before them.
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func string() -> [UInt8]? {
    guard let count = number(), rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// Takes `prefix` away. False: the bytes begin differently.
  mutating func skip(_ prefix: [UInt8]) -> Bool {
    guard rest.starts(with: prefix) else { return false }
    rest = rest.dropFirst(prefix.count)
    return true
  }
}

/// SSH's encoding of a string.
func wireString(_ bytes: some Collection<UInt8>) -> [UInt8] {
  wireNumber(bytes.count) + bytes
}

func wireNumber(_ value: Int) -> [UInt8] {
  withUnsafeBytes(of: UInt32(value).bigEndian) { Array($0) }
}
