import Foundation
import Testing

/// A `JournalTestWriter` in a process of its own.
///
/// Nothing here blocks: the tests of all targets share two threads on a small machine.
final class Writer: Sendable {
  let process: Int
  let log: String
  private let ended: AsyncStream<Void>

  /// Returns when the process has taken `run` over.
  init(_ word: String, state: String, run: String) async throws {
    let place = TemporaryDirectory()
    log = state + "/" + run + ".log"
    let bell = Doorbell(place.path + "/bell")
    let child = Process()
    child.executableURL = Self.program
    child.arguments = [word, state, run, bell.path, log]
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    ended = stream
    child.terminationHandler = { _ in continuation.finish() }
    try child.run()
    process = Int(child.processIdentifier)
    let answer = await bell.answered()
    try #require(answer == process)
  }

  func kill(_ signal: CInt = SIGKILL) { Foundation.kill(pid_t(process), signal) }

  /// Returns when the process has ended.
  func end() async {
    for await _ in ended {}
  }

  /// Tasks whose append had returned.
  var acknowledged: Int {
    guard let data = FileManager.default.contents(atPath: log), data.count == 8 else { return 0 }
    return data.withUnsafeBytes { $0.load(as: Int.self) }
  }

  /// It is built beside the tests.
  private static let program = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("JournalTestWriter")
}

/// Tells one process that another has come somewhere, by a named pipe: no sleeping, and a bound.
struct Doorbell: Sendable {
  let path: String
  /// Keeps what was rung while nobody reads.
  private let descriptor: CInt

  init(_ path: String) {
    self.path = path
    mkfifo(path, 0o600)
    descriptor = open(path, O_RDWR | O_CLOEXEC)
  }

  /// The eight bytes that were rung, or nil after 20 s. Once.
  func answered() async -> Int? {
    await withCheckedContinuation { continuation in
      Thread {
        defer { close(descriptor) }
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var number = 0
        let isThere =
          poll(&request, 1, 20_000) == 1
          && read(descriptor, &number, MemoryLayout<Int>.size) == MemoryLayout<Int>.size
        continuation.resume(returning: isThere ? number : nil)
      }.start()
    }
  }
}
