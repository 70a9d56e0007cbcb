import Glibc

/// Runs a short program to its end on a connector thread: standard input empty where none is given,
/// output gathered.
struct BoundedCommand {
  enum Failure: Error {
    case notInstalled
    /// It was ended with all that it started.
    case late
    case reason(String)
  }

  var exitStatus: Int32
  var output: [UInt8]
  var errors: String

  var lines: [Substring] {
    String(decoding: output, as: UTF8.self).split(separator: "\n")
  }

  /// - Parameter limit: bytes of output after which the program is ended as a failure.
  static func run(
    _ program: String, _ arguments: [String], by deadline: Deadline, limit: Int = 4 << 20,
    input: Int32? = nil
  ) throws(Failure) -> BoundedCommand {
    guard let output = DescriptorPair() else { throw .reason(systemMessage()) }
    defer { close(output.first) }
    guard let errors = DescriptorPair() else {
      close(output.second)
      throw .reason(systemMessage())
    }
    defer { close(errors.first) }

    let spawned = ChildProcess.spawn(
      program, arguments, input: input, output: output.second, errors: errors.second)
    close(output.second)
    close(errors.second)
    let child: ChildProcess
    switch spawned {
    case .success(let process): child = process
    case .failure(.system(ENOENT)): throw .notInstalled
    case .failure(.system(let code)):
      throw .reason("\(program) can't be started: \(systemMessage(code))")
    }

    var text: [[UInt8]] = [[], []]
    var open = [output.first, errors.first]
    while open.contains(where: { $0 >= 0 }) {
      var entries = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let count = poll(&entries, 2, deadline.milliseconds)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 || text[0].count + text[1].count > limit {
        child.killAndReap()
        if count <= 0 { throw .late }
        throw .reason("\(program) prints more than \(limit >> 20) MiB")
      }
      for index in 0..<2 where entries[index].revents != 0 {
        if let bytes = readAvailable(open[index]) {
          text[index] += bytes
        } else {
          open[index] = -1
        }
      }
    }
    guard let status = child.reap(by: deadline) else { throw .late }
    return BoundedCommand(
      exitStatus: status, output: text[0], errors: String(decoding: text[1], as: UTF8.self))
  }

  /// Nil at the end of the file.
  private static func readAvailable(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return [] }
    return count > 0 ? Array(buffer[..<count]) : nil
  }
}
