import Glibc
import Synchronization

/// Named pipes for the messages of `ssh` itself.
///
/// Without `-E`, its messages would be mixed with the standard error of the host. It closes
/// inherited descriptors, so the pipe needs a name. A class because it owns a directory.
final class OpenSSHLogs: Sendable {
  struct Log: Sendable {
    var path: String
    var descriptor: Int32
  }

  private struct State: Sendable {
    var directory: PrivateDirectory?
    var count = 0
  }
  private let state = Mutex(State())

  /// A new pipe, open for reading; nil: `errno` says why not.
  func make() -> Log? {
    let path: String? = state.withLock { state in
      if state.directory == nil { state.directory = PrivateDirectory() }
      state.count += 1
      return state.directory.map { "\($0.path)/log\(state.count)" }
    }
    guard let path, mkfifo(path, 0o600) == 0 else { return nil }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      unlink(path)
      return nil
    }
    return Log(path: path, descriptor: descriptor)
  }

  func remove() {
    state.withLock { state in
      state.directory?.remove()
      state.directory = nil
    }
  }
}
