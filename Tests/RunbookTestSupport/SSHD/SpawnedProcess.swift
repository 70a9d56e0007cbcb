import Glibc

/// A program that a test started: ended by its pid and reaped, never by its name.
package final class SpawnedProcess: Sendable {
  package let pid: pid_t

  /// Starts the program at `path` with `/dev/null` as its input; its output goes to `log`.
  package init(_ path: String, _ arguments: [String], log: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, path, &actions, nil, words, environ)
    guard code == 0 else {
      throw TestFailure("\(path) can't be started: \(String(cString: strerror(code)))")
    }
    self.pid = pid
  }

  package var isRunning: Bool { kill(pid, 0) == 0 && waitpid(pid, nil, WNOHANG) == 0 }

  /// Ends and reaps it; SIGKILL is not waited for longer than the kernel needs.
  package func end(_ signal: Int32 = SIGKILL) {
    kill(pid, signal)
    if signal != SIGKILL, waitUntil(.seconds(5), { waitpid(self.pid, nil, WNOHANG) != 0 }) {
      return
    }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  /// Runs a short program to its end; throws with its output if it fails.
  package static func run(_ path: String, _ arguments: [String], log: String) throws {
    let process = try SpawnedProcess(path, arguments, log: log)
    var status: Int32 = 0
    while waitpid(process.pid, &status, 0) < 0 && errno == EINTR {}
    guard status == 0 else {
      throw TestFailure("\(path) \(arguments.joined(separator: " ")) failed: see \(log)")
    }
  }
}

/// Why a test's surroundings could not be made.
package struct TestFailure: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Looks at `condition` again and again, at most for `limit`. For threads, not for tasks.
@discardableResult
package func waitUntil(_ limit: Duration, _ condition: () -> Bool) -> Bool {
  let end = ContinuousClock.now + limit
  while !condition() {
    if ContinuousClock.now > end { return false }
    usleep(2000)
  }
  return true
}
