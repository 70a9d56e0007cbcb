import Glibc

/// An `IdentityFile` of the configuration: `ssh -G` prints it with its tokens unexpanded.
enum IdentityFileName {
  /// The path that is meant; nil if it has a token that only OpenSSH itself can expand.
  static func expand(_ name: String, for target: SSHTarget) -> String? {
    guard let variables = expandVariables(name) else { return nil }
    var path = ""
    var rest = variables[...]
    while let character = rest.popFirst() {
      guard character == "%" else {
        path.append(character)
        continue
      }
      guard let token = rest.popFirst(), let value = value(of: token, target) else { return nil }
      path += value
    }
    return OpenSSHConfiguration.expandTilde(path)
  }

  private static func value(of token: Character, _ target: SSHTarget) -> String? {
    switch token {
    case "%": "%"
    case "d": OpenSSHConfiguration.home
    case "h": target.address
    case "i": String(getuid())
    case "p": String(target.port)
    case "r": target.user
    case "u": SSHTarget.localUser
    default: nil
    }
  }

  /// `${NAME}`; OpenSSH refuses a variable that is not set.
  private static func expandVariables(_ name: String) -> String? {
    var path = ""
    var rest = name[...]
    while let start = rest.firstRange(of: "${") {
      guard let end = rest[start.upperBound...].firstIndex(of: "}"),
        let value = environmentVariable(String(rest[start.upperBound..<end]))
      else { return nil }
      path += rest[..<start.lowerBound] + value
      rest = rest[rest.index(after: end)...]
    }
    return path + rest
  }
}
