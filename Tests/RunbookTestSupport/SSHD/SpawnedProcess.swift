import CSpawn
import Foundation
import Glibc
import Synchronization

/// A program that a test started: ended by its pid and reaped, never by its name.
///
/// Not Foundation's `Process`: that one sees an end by a socket, which programs that are started at
/// the same moment inherit, so a server that lives on can hide it.
package final class SpawnedProcess: Sendable {
  package let pid: pid_t
  private let status = Mutex<Int?>(nil)

  /// Starts the program at `path` with `/dev/null` as its input.
  /// - Parameters:
  ///   - log: the file that gets its output, at the end.
  ///   - errors: the file for its standard error; nil is `log`.
  ///   - directory: where it works; nil is where the tests do.
  ///   - environment: all of it; nil is that of the tests.
  package init(
    _ path: String, _ arguments: [String], log: String, errors: String? = nil,
    directory: String? = nil, environment: [String: String]? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let appending = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, appending, 0o600)
    if let errors {
      posix_spawn_file_actions_addopen(&actions, 2, errors, appending, 0o600)
    } else {
      posix_spawn_file_actions_adddup2(&actions, 1, 2)
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    if let directory { posix_spawn_file_actions_addchdir_np(&actions, directory) }
    let pairs = environment ?? ProcessInfo.processInfo.environment
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = pairs.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + settings { free(word) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, path, &actions, nil, &words, &settings)
    guard code == 0 else {
      throw TestFailure("\(path) can't be started: \(String(cString: strerror(code)))")
    }
    self.pid = pid
  }

  package var isRunning: Bool { exitStatus == nil }

  /// How it ended, 128 + signal where a signal ended it; nil while it runs.
  package var exitStatus: Int? {
    status.withLock { status in
      var raw: Int32 = 0
      if status == nil, waitpid(pid, &raw, WNOHANG) == pid {
        status = raw & 0x7f == 0 ? Int(raw >> 8) & 0xff : 128 + Int(raw & 0x7f)
      }
      return status
    }
  }

  /// Ends and reaps it; SIGKILL is not waited for longer than the kernel needs.
  package func end(_ signal: Int32 = SIGKILL) {
    guard isRunning else { return }
    kill(pid, signal)
    if signal != SIGKILL, waitUntil(.seconds(5), { !isRunning }) { return }
    kill(pid, SIGKILL)
    waitUntil(.seconds(60)) { !isRunning }
  }

  /// Runs a short program to its end; throws with its output if it fails.
  package static func run(_ path: String, _ arguments: [String], log: String) async throws {
    let process = try SpawnedProcess(path, arguments, log: log)
    guard await waitUntil(.seconds(120), { !process.isRunning }), process.exitStatus == 0 else {
      process.end()
      throw TestFailure("\(path) \(arguments.joined(separator: " ")) failed: see \(log)")
    }
  }

  /// Runs a line of shell, at most two minutes; both of its streams together.
  package static func shell(
    _ line: String, _ shell: String = "/bin/sh", in directory: String? = nil,
    environment: [String: String]? = nil
  ) throws -> (status: Int, text: String) {
    let (process, log) = try start(line, shell, directory, environment)
    waitUntil(.seconds(120)) { !process.isRunning }
    return try process.endOfShell(line, log)
  }

  /// The same for a task.
  package static func shell(
    _ line: String, _ shell: String = "/bin/sh", in directory: String? = nil,
    environment: [String: String]? = nil
  ) async throws -> (status: Int, text: String) {
    let (process, log) = try start(line, shell, directory, environment)
    await waitUntil(.seconds(120)) { !process.isRunning }
    return try process.endOfShell(line, log)
  }

  private static func start(
    _ line: String, _ shell: String, _ directory: String?, _ environment: [String: String]?
  ) throws -> (SpawnedProcess, log: String) {
    let log = NSTemporaryDirectory() + "shell-" + UUID().uuidString
    let process = try SpawnedProcess(
      shell, ["-c", line], log: log, directory: directory, environment: environment)
    return (process, log)
  }

  private func endOfShell(_ line: String, _ log: String) throws -> (status: Int, text: String) {
    defer { try? FileManager.default.removeItem(atPath: log) }
    guard let status = exitStatus else {
      end()
      throw TestFailure("endless: \(line)")
    }
    let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    return (status, text)
  }
}

/// Why a test's surroundings could not be made.
package struct TestFailure: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Looks at `condition` again and again, at most for `limit`. A task gives its thread away meanwhile:
/// tests share as few threads as the machine has cores, and one that kept its thread would stop the
/// clocks of all others.
@discardableResult
package func waitUntil(_ limit: Duration, _ condition: () -> Bool) async -> Bool {
  let end = ContinuousClock.now + limit
  while !condition() {
    if ContinuousClock.now > end || Task.isCancelled { return false }
    try? await Task.sleep(for: .milliseconds(2))
  }
  return true
}

/// The same for a thread.
@discardableResult
package func waitUntil(_ limit: Duration, _ condition: () -> Bool) -> Bool {
  let end = ContinuousClock.now + limit
  while !condition() {
    if ContinuousClock.now > end { return false }
    usleep(2000)
  }
  return true
}
