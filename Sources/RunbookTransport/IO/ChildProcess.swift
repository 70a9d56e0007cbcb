import CSpawn
import Glibc

/// A program started by us, in a session of its own: the terminal's Ctrl-C does not reach it, and
/// it can be ended with all that it started.
struct ChildProcess: Sendable {
  enum Failure: Error {
    case system(Int32)
  }

  let pid: pid_t

  /// Looks `program` up in PATH. Signals have their default dispositions, none is blocked. The
  /// descriptors stay the caller's; nil means `/dev/null`. `environment` is added to our own.
  ///
  /// It gets no other descriptor, also none that whoever started us had open without close-on-exec:
  /// an action that goes on without us would keep their files, locks and pipes.
  static func spawn(
    _ program: String, _ arguments: [String], input: Int32?, output: Int32, errors: Int32,
    environment: [String: String] = [:]
  ) -> Result<ChildProcess, Failure> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, hidden behind _GNU_SOURCE
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | newSession))

    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    let variables = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { for variable in variables { free(variable) } }
    let kept = inherited(without: environment)
    var pid: pid_t = 0
    let code = posix_spawnp(
      &pid, program, &actions, &attributes, words, variables + kept + [nil])
    return code == 0 ? .success(ChildProcess(pid: pid)) : .failure(.system(code))
  }

  private static func inherited(
    without added: [String: String]
  ) -> [UnsafeMutablePointer<CChar>?] {
    var kept: [UnsafeMutablePointer<CChar>?] = []
    var position = environ
    while let variable = position.pointee {
      let name = String(cString: variable).prefix { $0 != "=" }
      if added[String(name)] == nil { kept.append(variable) }
      position += 1
    }
    return kept
  }

  /// The exit status (128 + the signal's number after a signal) of a child that has closed its
  /// output, so is about to end. Nil: it did not end in time and was killed.
  func reap(by deadline: Deadline) -> Int32? {
    var status: Int32 = 0
    while true {
      switch waitpid(pid, &status, WNOHANG) {
      case pid: return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
      case 0: break
      default: if errno != EINTR { return nil }
      }
      if deadline.hasPassed {
        killAndReap()
        return nil
      }
      poll(nil, 0, 1)  // The kernel offers no descriptor to wait on without _GNU_SOURCE.
    }
  }

  /// Ends the child with its whole session; does not wait longer than the kernel needs for it.
  func killAndReap() {
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }
}
