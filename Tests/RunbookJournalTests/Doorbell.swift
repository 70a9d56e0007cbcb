import Dispatch
import Glibc

/// Tells one process that another has come somewhere, by a named pipe: no sleeping, and a bound.
struct Doorbell: Codable, Sendable {
  let path: String

  init(_ path: String) {
    self.path = path
    mkfifo(path, 0o600)
  }

  func ring(_ number: Int = 0) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    var number = number
    write(descriptor, &number, MemoryLayout<Int>.size)
    // Kept open: what was written goes when the last descriptor does.
  }

  /// The number that was rung, or nil after 20 s.
  func answered() async -> Int? {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var number = 0
        let isThere =
          poll(&request, 1, 20_000) == 1
          && read(descriptor, &number, MemoryLayout<Int>.size) == MemoryLayout<Int>.size
        continuation.resume(returning: isThere ? number : nil)
      }
    }
  }
}
