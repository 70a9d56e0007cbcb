import Glibc

/// Whether no host can be treated differently from another by the OpenSSH configuration files.
///
/// Deliberately simple: anything but comments, `Host *`, files included by their full path and
/// options without tokens makes it false, which costs processes and nothing else.
enum UniformConfiguration {
  private static let systemFile = "/etc/ssh/ssh_config"
  /// ssh's own bound for nested includes.
  private static let depthLimit = 16

  static func isUniform(configurationFile: String?) -> Bool {
    if let configurationFile {
      return configurationFile == "none" || isUniform(file: configurationFile, depth: 0)
    }
    return isUniform(file: OpenSSHConfiguration.home + "/.ssh/config", depth: 0)
      && isUniform(file: systemFile, depth: 0)
  }

  private static func isUniform(file: String, depth: Int) -> Bool {
    guard depth < depthLimit else { return false }
    guard access(file, F_OK) == 0 else { return true }
    guard let text = SmallFile.text(file) else { return false }
    return text.split(whereSeparator: \.isNewline).allSatisfy { line in
      isUniform(line: line, depth: depth)
    }
  }

  static func isUniform(line: Substring, depth: Int) -> Bool {
    let words = line.split { $0.isWhitespace || $0 == "=" }
    guard let keyword = words.first?.lowercased(), !keyword.hasPrefix("#") else { return true }
    guard keyword.allSatisfy({ $0.isLetter || $0.isNumber }) else { return false }
    let arguments = words.dropFirst()
    switch keyword {
    case "host":
      return Array(arguments) == ["*"]
    case "match", "hostname", "proxycommand", "proxyjump", "hostkeyalias", "canonicalizehostname",
      "canonicaldomains":
      return false
    case "include":
      return arguments.allSatisfy { argument in
        guard argument.hasPrefix("/"), !argument.contains("%"), !argument.contains("$") else {
          return false
        }
        return expand(String(argument)).allSatisfy { isUniform(file: $0, depth: depth + 1) }
      }
    default:
      return !line.contains("%")
    }
  }

  private static func expand(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }
}
