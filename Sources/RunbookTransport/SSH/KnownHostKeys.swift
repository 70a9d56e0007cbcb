/// What the `known_hosts` files say of one host.
struct KnownHostKeys: Hashable, Sendable {
  /// Keys recorded for the name that is looked up.
  var keys: Set<HostKey> = []
  /// Keys recorded without the port: good enough to be accepted, no reason to call a key changed.
  var keysWithoutPort: Set<HostKey> = []
  var revoked: Set<HostKey> = []
  /// Certificate authorities that may vouch for the host; libssh2 can't ask them.
  var authorities: Set<HostKey> = []

  enum Verdict: Hashable {
    case known
    case unknown
    case changed
    case revoked
  }

  func verdict(on key: HostKey) -> Verdict {
    if revoked.contains(key) { return .revoked }
    if keys.contains(key) || keysWithoutPort.contains(key) { return .known }
    return keys.isEmpty && authorities.isEmpty ? .unknown : .changed
  }

  /// The types to ask the server for first.
  var types: Set<String> { Set((keys.isEmpty ? keysWithoutPort : keys).map(\.type)) }

  /// Reads what `ssh-keygen -F` prints: the matching lines of one file, each after a comment.
  static func parse(_ lines: [Substring]) -> KnownHostKeys {
    var found = KnownHostKeys()
    for line in lines where !line.hasPrefix("#") {
      var words = line.split(whereSeparator: \.isWhitespace)[...]
      let marker = words.first.flatMap { $0.hasPrefix("@") ? $0 : nil }
      if marker != nil { words = words.dropFirst() }
      guard words.count >= 3 else { continue }
      let fields = Array(words.prefix(3))
      guard let key = HostKey(type: fields[1], base64: fields[2]) else { continue }
      switch marker {
      case nil: found.keys.insert(key)
      case "@revoked": found.revoked.insert(key)
      case "@cert-authority": found.authorities.insert(key)
      case .some: break  // A marker that this OpenSSH does not know either.
      }
    }
    return found
  }

  mutating func add(_ other: KnownHostKeys) {
    keys.formUnion(other.keys)
    revoked.formUnion(other.revoked)
    authorities.formUnion(other.authorities)
  }
}
