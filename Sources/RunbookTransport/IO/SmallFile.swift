import Glibc

/// Reads configuration and key files, which are small.
enum SmallFile {
  private static let limit = 16 << 20

  /// Nil: it can't be read, or is larger than any such file is; `errno` says why.
  static func bytes(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while all.count < limit {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { return all }
      all += buffer[..<count]
    }
    errno = EFBIG
    return nil
  }

  static func text(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
