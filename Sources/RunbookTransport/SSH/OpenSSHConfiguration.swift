import Glibc

/// What the user's OpenSSH configuration says of one host, as `ssh -G` prints it.
struct OpenSSHConfiguration: Hashable, Sendable {
  private var values: [String: [String]] = [:]

  /// Reads the output of `ssh -G`: a line per option, some options several times.
  init(lines: [Substring]) {
    for line in lines {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      values[parts[0].lowercased(), default: []].append(String(parts[1]))
    }
  }

  /// An option's value; nil where it is not set (`none`).
  subscript(option: String) -> String? {
    guard let value = values[option]?.first, value != "none" else { return nil }
    return value
  }

  /// The values of an option that may be given several times.
  func all(_ option: String) -> [String] { values[option] ?? [] }

  func isOn(_ option: String) -> Bool { self[option] == "yes" || self[option] == "true" }

  /// A comma-separated option, such as the ciphers that may be used; nil where it is not said.
  func list(_ option: String) -> Set<String>? {
    guard let value = self[option] else { return nil }
    return Set(value.split(separator: ",").map(String.init))
  }

  /// Files of an option that lists several on one line.
  func files(_ option: String) -> [String] {
    (self[option] ?? "").split(separator: " ").map { Self.expandTilde(String($0)) }
  }

  /// The home directory as OpenSSH sees it: from the user database, not from `$HOME`.
  static let home: String = {
    guard let entry = getpwuid(getuid()), let directory = entry.pointee.pw_dir else { return "/" }
    return String(cString: directory)
  }()

  static func expandTilde(_ path: String) -> String {
    if path == "~" { return home }
    return path.hasPrefix("~/") ? home + path.dropFirst(1) : path
  }
}
