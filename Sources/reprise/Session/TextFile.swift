import Glibc
import RunbookLanguage

/// Reads the files that a person wrote: runbooks, parts, inventories.
enum TextFile {
  /// Nothing that a person writes is longer; a device that never ends is not read for ever.
  private static let limit = 64 << 20

  /// - Parameter help: what to do where it can't be read.
  static func read(
    _ path: String, help: String = "check its name and its permissions"
  ) throws(CommandError) -> SourceFile {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno, help) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno, help) }
      if count == 0 { return SourceFile(name: path, bytes: bytes) }
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw .unreadable(path: path, reason: "it is longer than 64 MiB", help: help)
      }
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Names in a directory that end in `.runbook`, without that, sorted; none where it can't be read.
  static func runbooks(in directory: String) -> [String] {
    guard let stream = opendir(directory.isEmpty ? "." : directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".runbook") { names.append(String(name.dropLast(".runbook".count))) }
    }
    return names.sorted()
  }

  private static func unreadable(_ path: String, _ code: Int32, _ help: String) -> CommandError {
    .unreadable(path: path, reason: String(cString: strerror(code)), help: help)
  }
}

/// Paths as they are written, so that they are shown as the person knows them.
enum Path {
  /// What stands before the last slash; "" for a name alone.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// `name` as seen from `directory`.
  static func join(_ directory: String, _ name: String) -> String {
    if name.hasPrefix("/") || directory.isEmpty || directory == "." { return name }
    return directory.hasSuffix("/") ? directory + name : directory + "/" + name
  }
}
