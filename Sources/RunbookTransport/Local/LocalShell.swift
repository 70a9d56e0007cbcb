import Glibc

/// A shell started here, with our ends of its three streams, non-blocking.
struct LocalShell: Sendable {
  let process: ChildProcess
  let input: Int32
  let output: Int32
  let errors: Int32

  static func start(
    _ words: [String], environment: [String: String]
  ) -> Result<LocalShell, ChildProcess.Failure> {
    var pairs: [DescriptorPair] = []
    defer { for pair in pairs { close(pair.second) } }
    for _ in 0..<3 {
      guard let pair = DescriptorPair() else {
        let code = errno
        for pair in pairs { close(pair.first) }
        return .failure(.system(code))
      }
      pairs.append(pair)
    }
    let spawned = ChildProcess.spawn(
      words[0], Array(words.dropFirst()), input: pairs[0].second, output: pairs[1].second,
      errors: pairs[2].second, environment: environment)
    switch spawned {
    case .success(let process):
      for pair in pairs { setNonBlocking(pair.first) }
      return .success(
        LocalShell(
          process: process, input: pairs[0].first, output: pairs[1].first,
          errors: pairs[2].first))
    case .failure(let failure):
      for pair in pairs { close(pair.first) }
      return .failure(failure)
    }
  }

  /// Closes our ends: the loop reads the end of its input and leaves. The shell is reaped on a
  /// thread of its own, ended first if it does not leave; what it started in the background goes
  /// on.
  func dispose() {
    for descriptor in [input, output, errors] { close(descriptor) }
    if process.hasBeenReaped() { return }
    let process = process
    let started = OperatingSystemThread.start {
      process.reapAlone(by: Deadline(after: .seconds(5)))
    }
    // Without a thread the child is left to init once we end.
    _ = started
  }
}

extension ChildProcess {
  /// Reaps the child if it has ended.
  fileprivate func hasBeenReaped() -> Bool {
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) == pid
  }

  /// Waits for the child; kills it alone, not its group, when it does not end in time.
  fileprivate func reapAlone(by deadline: Deadline) {
    var status: Int32 = 0
    while waitpid(pid, &status, WNOHANG) == 0 {
      if deadline.hasPassed {
        kill(pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return
      }
      poll(nil, 0, 2)  // The kernel offers no descriptor to wait on without _GNU_SOURCE.
    }
  }
}
