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

  /// Puts a whole text in the place of a file, or leaves what was there: never a part of it. What a
  /// symbolic link points to is replaced, not the link; owner and mode stay. What is no file, such as
  /// a device or a pipe, is written to.
  static func write(_ text: String, to path: String) throws(CommandError) {
    let target = realpath(path, nil).map { real in
      defer { free(real) }
      return String(cString: real)
    }
    let place = target ?? path
    var status = stat()
    let isThere = stat(path, &status) == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw unwritable(path, errno) }
      if let failure = write(text, to: descriptor) { throw unwritable(path, failure) }
      return
    }
    let part = place + ".part"
    let descriptor = open(
      part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, isThere ? status.st_mode & 0o777 : 0o666)
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    if isThere {
      // Only root can give a file away; everybody else keeps what they are allowed to keep.
      _ = fchown(descriptor, status.st_uid, status.st_gid)
      _ = fchmod(descriptor, status.st_mode & 0o777)
    }
    var failure = write(text, to: descriptor)
    if failure == nil, rename(part, place) != 0 { failure = errno }
    guard let failure else { return }
    unlink(part)
    throw unwritable(path, failure)
  }

  /// Writes all of it and closes the descriptor; the error where that fails.
  private static func write(_ text: String, to descriptor: Int32) -> Int32? {
    var bytes = Array(text.utf8)[...]
    var failure: Int32?
    while !bytes.isEmpty, failure == nil {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        failure = errno
      }
    }
    if close(descriptor) != 0, failure == nil { failure = errno }
    return failure
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Something that is no directory is there.
  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
  }

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

  private static func unwritable(_ path: String, _ code: Int32) -> CommandError {
    .output(reason: "\(path): " + String(cString: strerror(code)))
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

  /// Of a directory as seen from here, without symbolic links; as it is where it can't be found.
  static func absolute(_ directory: String) -> String {
    guard let real = realpath(directory.isEmpty ? "." : directory, nil) else { return directory }
    defer { free(real) }
    return String(cString: real)
  }

  /// Of a file as seen from here; what begins with `~` is left to whoever knows the home.
  static func whole(_ path: String) -> String {
    path.hasPrefix("~") ? path : join(absolute(directory(of: path)), name(of: path))
  }

  /// `name` as seen from `directory`.
  static func join(_ directory: String, _ name: String) -> String {
    if name.hasPrefix("/") || directory.isEmpty || directory == "." { return name }
    return directory.hasSuffix("/") ? directory + name : directory + "/" + name
  }
}
