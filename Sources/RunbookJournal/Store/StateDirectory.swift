import Glibc
import RunbookEngine

/// The directory that holds the SQLite file and the lock files: `--state DIR`.
struct StateDirectory: Sendable {
  /// Absolute, without symbolic links.
  let path: String

  var database: String { path + "/reprise.sqlite" }

  func lockFile(of run: String) -> String { path + "/" + run + ".lock" }

  /// The directory for a process that writes; made, with mode 0700, where it is missing.
  static func forWriting(_ path: String) throws(JournalError) -> StateDirectory {
    if Glibc.access(path, F_OK) != 0 { try make(path) }
    let directory = try existing(path)
    guard Glibc.access(directory.path, W_OK | X_OK) == 0 else {
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    return directory
  }

  /// The directory as it is, for a process that only reads.
  static func existing(_ path: String) throws(JournalError) -> StateDirectory {
    guard let real = realpath(path, nil) else { throw JournalError(errno: errno, path: path) }
    defer { free(real) }
    let directory = StateDirectory(path: String(cString: real))
    var facts = stat()
    guard stat(directory.path, &facts) == 0 else { throw JournalError(errno: errno, path: path) }
    guard facts.st_mode & S_IFMT == S_IFDIR else {
      throw .notWritable(path: path, reason: String(cString: strerror(ENOTDIR)))
    }
    if let kind = Filesystem.networkKind(of: directory.path) {
      throw .networkFilesystem(path: path, kind: kind)
    }
    return directory
  }

  /// Makes the directory and what is missing above it, and has the entries written to the disk.
  private static func make(_ path: String) throws(JournalError) {
    let parent = parent(of: path)
    if Glibc.access(parent, F_OK) != 0 { try make(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw JournalError(errno: errno, path: path)
    }
    let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func parent(of path: String) -> String {
    var path = Substring(path)
    while path.count > 1, path.last == "/" { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
