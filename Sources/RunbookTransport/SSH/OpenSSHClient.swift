import Glibc

/// A running `ssh` and our ends of its descriptors, all non-blocking.
struct OpenSSHClient: Sendable {
  let process: ChildProcess
  let input: Int32
  let output: Int32
  let errors: Int32
  let log: OpenSSHLogs.Log

  /// Starts `ssh`; takes `log` over, also when it fails.
  static func start(
    _ arguments: [String], log: OpenSSHLogs.Log
  ) -> Result<OpenSSHClient, ChildProcess.Failure> {
    let pairs = (0..<3).map { _ in DescriptorPair() }
    let code = errno
    defer { for pair in pairs { if let pair { close(pair.second) } } }
    let spawned: Result<ChildProcess, ChildProcess.Failure>
    if let input = pairs[0], let output = pairs[1], let errors = pairs[2] {
      spawned = ChildProcess.spawn(
        "ssh", arguments, input: input.second, output: output.second, errors: errors.second)
      if case .success(let process) = spawned {
        for pair in [input, output, errors] { setNonBlocking(pair.first) }
        return .success(
          OpenSSHClient(
            process: process, input: input.first, output: output.first, errors: errors.first,
            log: log))
      }
    } else {
      spawned = .failure(.system(code))
    }
    for pair in pairs { if let pair { close(pair.first) } }
    unlink(log.path)
    close(log.descriptor)
    return spawned.flatMap { _ in .failure(.system(code)) }
  }

  /// Ends `ssh` with what it started and frees everything.
  func dispose() {
    process.killAndReap()
    unlink(log.path)
    for descriptor in [input, output, errors, log.descriptor] { close(descriptor) }
  }
}

/// How the start of an `ssh` went.
enum OpenSSHReadiness {
  /// The command is under way; the bytes are the first of its standard error.
  case ready([UInt8])
  /// It gave up; its messages say why.
  case ended
  case late
}

extension OpenSSHClient {
  /// Waits on a connector thread until the command is under way on the host.
  ///
  /// `ssh` says so on its log at debug level, which is also where it says what went wrong. Its
  /// standard error carries the server's banner, and later what the host writes: it is read
  /// before the log, so that what was read before the login is known to be no output of the host.
  func waitUntilReady(by deadline: Deadline, _ messages: inout MessageLines) -> OpenSSHReadiness {
    var entries = [log.descriptor, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var isLoggedIn = false
    var isReady = false
    var early: [UInt8] = []
    while true {
      let count = poll(&entries, nfds_t(isLoggedIn ? 1 : 2), deadline.milliseconds)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return .late }
      var isErrorOpen = true
      if !isLoggedIn { isErrorOpen = Self.gather(errors) { early += $0 } }
      let isLogOpen = Self.gather(log.descriptor) { bytes in
        messages.add(bytes) { line in
          if line.hasPrefix("Authenticated to ") { isLoggedIn = true }
          if line.hasPrefix("debug1: Sending command: ") { isReady = true }
        }
      }
      if isReady {
        unlink(log.path)
        return .ready(early)
      }
      let hasWriter = isLogOpen || entries[0].revents & Int16(POLLHUP) == 0
      if isErrorOpen && hasWriter {
        if !isLoggedIn {
          messages.add(early)
          early = []
        }
        continue
      }
      // Both are looked at again: the last words may have come after the first look.
      _ = Self.gather(log.descriptor) { messages.add($0) }
      _ = Self.gather(errors) { early += $0 }
      messages.add(early + [0x0a])
      return .ended
    }
  }

  /// Reads all that is there. False: the end of the file, or nobody has opened it yet.
  static func gather(_ descriptor: Int32, _ take: (ArraySlice<UInt8>) -> Void) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return count < 0 && errno == EAGAIN }
      take(buffer[..<count])
    }
  }
}
