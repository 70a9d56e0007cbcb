import RunbookCore

/// Files of the machine that runs the engine, which `upload` copies.
///
/// No call blocks the cooperative pool. A file is opened anew for each piece, so that nothing is
/// held open between the pieces of a transfer that may take hours.
package protocol LocalFiles: Sendable {
  /// Size and checksum; reads the whole file in bounded pieces.
  func digest(of path: String) async throws(LocalFileProblem) -> FileDigest
  /// At most `count` bytes from `offset` on; fewer only at the end of the file.
  func read(
    _ path: String, at offset: Int, count: Int
  ) async throws(LocalFileProblem) -> [UInt8]
}

/// Why a local file can't be copied, in words: `no such file`, `it is a directory`.
package struct LocalFileProblem: Error, Hashable, Sendable {
  package var path: String
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

/// Bytes for the attempt of an `upload`, on their way into the run's state directory on a host.
package struct Cargo: Sendable {
  package var run: String
  package var hostName: String
  /// The attempt that finds the bytes on its standard input.
  package var key: AttemptKey
  package var size: Int
  /// The bytes from an offset on, at most so many; fewer only at the end.
  package var read:
    @Sendable (_ offset: Int, _ count: Int) async throws(LocalFileProblem) -> [UInt8]
  /// Told how many bytes the host has or was sent. False: nobody wants them any more.
  package var progress: @Sendable (_ count: Int) -> Bool

  package init(
    run: String, hostName: String, key: AttemptKey, size: Int,
    read: @escaping @Sendable (Int, Int) async throws(LocalFileProblem) -> [UInt8],
    progress: @escaping @Sendable (Int) -> Bool
  ) {
    self.run = run
    self.hostName = hostName
    self.key = key
    self.size = size
    self.read = read
    self.progress = progress
  }
}

/// Why a cargo did not arrive.
package enum CargoProblem: Error, Hashable, Sendable {
  /// The channel can't be opened or broke: going on later may help, and nothing is sent twice.
  case interrupted(String)
  /// The host can't take it, such as for want of space.
  case refused(String)
  case local(LocalFileProblem)
}
