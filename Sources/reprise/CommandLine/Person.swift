import Glibc

/// Who is at the command line, and where: for history.
struct Person: CustomStringConvertible {
  let name: String
  let machine: String

  /// The user who logged in where `sudo` says so, else the one that the process runs as.
  static let current = Person(
    name: Terminal.environment("SUDO_USER") ?? userName ?? "uid \(getuid())", machine: machineName)

  /// `root@install-01`
  var description: String { name + "@" + machine }

  private static var userName: String? {
    guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return nil }
    return String(cString: name)
  }

  private static var machineName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
