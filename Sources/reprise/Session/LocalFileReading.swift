import Dispatch
import Glibc
import RunbookCore
import RunbookEngine
import RunbookJournal

/// Reads the files of this machine that `upload` copies, on a queue of its own.
struct LocalFileReading: LocalFiles {
  private static let queue = DispatchQueue(label: "local files", attributes: .concurrent)
  private static let piece = 1 << 20

  func digest(of path: String) async throws(LocalFileProblem) -> FileDigest {
    try await perform(path) { (descriptor) throws(LocalFileProblem) in
      var size = 0
      let hash = try SHA256.hash { () throws(LocalFileProblem) in
        let bytes = try Self.read(descriptor, path, at: size, count: Self.piece)
        size += bytes.count
        return bytes.isEmpty ? nil : bytes
      }
      let digits = hash.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      return FileDigest(size: size, sha256: digits.joined())
    }
  }

  func read(
    _ path: String, at offset: Int, count: Int
  ) async throws(LocalFileProblem) -> [UInt8] {
    try await perform(path) { (descriptor) throws(LocalFileProblem) in
      try Self.read(descriptor, path, at: offset, count: count)
    }
  }

  /// Opens the file for as long as `work` takes, off the cooperative pool.
  private func perform<Success: Sendable>(
    _ path: String, _ work: @escaping @Sendable (Int32) throws(LocalFileProblem) -> Success
  ) async throws(LocalFileProblem) -> Success {
    let result: Result<Success, LocalFileProblem> = await withCheckedContinuation { continuation in
      Self.queue.async {
        continuation.resume(
          returning: Result { () throws(LocalFileProblem) in
            let descriptor = try Self.open(path)
            defer { close(descriptor) }
            return try work(descriptor)
          })
      }
    }
    return try result.get()
  }

  /// Without waiting: a pipe that nobody writes to must not hold a run up.
  private static func open(_ path: String) throws(LocalFileProblem) -> Int32 {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw problem(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      defer { close(descriptor) }
      throw problem(path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw LocalFileProblem(
        path: path,
        reason: status.st_mode & S_IFMT == S_IFDIR
          ? "it is a directory, and upload copies one file" : "it is no regular file")
    }
    return descriptor
  }

  private static func read(
    _ descriptor: Int32, _ path: String, at offset: Int, count: Int
  ) throws(LocalFileProblem) -> [UInt8] {
    var failure: LocalFileProblem?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let got = pread(
          descriptor, buffer.baseAddress! + initialized, count - initialized,
          offset + initialized)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = problem(path) }
        guard got > 0 else { return }
        initialized += got
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func problem(_ path: String) -> LocalFileProblem {
    LocalFileProblem(path: path, reason: String(cString: strerror(errno)))
  }
}
