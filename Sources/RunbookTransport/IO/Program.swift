import Glibc

/// A program of this machine, run to its end within a bound; blocks its caller's thread.
package struct Program {
  package enum Failure: Error {
    case notInstalled
    /// It was ended with all that it started.
    case late
    case reason(String)
  }

  package var exitStatus: Int32
  package var output: [UInt8]
  package var errors: String

  /// - Parameter input: what it reads from its standard input.
  package static func run(
    _ name: String, _ arguments: [String], input: [UInt8] = [], seconds: Int = 10
  ) throws(Failure) -> Program {
    var descriptor: Int32?
    if !input.isEmpty {
      guard let file = unnamedFile(input) else { throw .reason(String(cString: strerror(errno))) }
      descriptor = file
    }
    defer { if let descriptor { close(descriptor) } }
    do throws(BoundedCommand.Failure) {
      let done = try BoundedCommand.run(
        name, arguments, by: Deadline(after: .seconds(seconds)), limit: 64 << 20,
        input: descriptor)
      return Program(exitStatus: done.exitStatus, output: done.output, errors: done.errors)
    } catch {
      switch error {
      case .notInstalled: throw .notInstalled
      case .late: throw .late
      case .reason(let text): throw .reason(text)
      }
    }
  }

  /// A file without a name: what the program reads may be longer than a pipe holds.
  private static func unnamedFile(_ bytes: [UInt8]) -> Int32? {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var path = Array("\(directory)/reprise-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(path)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        close(descriptor)
        return nil
      }
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }
}
