import Foundation
import Glibc
import RunbookTestSupport

/// A real ssh-agent with a socket in the test's directory.
final class LoopbackAgent: Sendable {
  let socket: String
  private let process: SpawnedProcess

  init(directory: String) async throws {
    let socket = directory + "/agent"
    self.socket = socket
    process = try SpawnedProcess(
      "/usr/bin/ssh-agent", ["-D", "-a", socket], log: directory + "/agent.log")
    guard await waitUntil(.seconds(5), { access(socket, F_OK) == 0 }) else {
      process.end()
      throw TestFailure("ssh-agent has no socket: see \(directory)/agent.log")
    }
  }

  /// The socket is there a moment before anybody listens to it.
  func add(_ key: String) async throws {
    for _ in 1...50 {
      let added: Void? = try? await SpawnedProcess.run(
        "/usr/bin/env", ["SSH_AUTH_SOCK=\(socket)", "ssh-add", "-q", key], log: "/dev/null")
      if added != nil { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw TestFailure("ssh-add failed")
  }

  func stop() { process.end() }
}

/// A Unix socket that is listened to by nobody who answers.
final class SilentSocket: Sendable {
  let path: String
  private let descriptor: Int32

  init(directory: String) throws {
    path = directory + "/silent"
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let code = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0, listen(descriptor, 8) == 0 else { throw TestFailure("no socket at \(path)") }
  }

  /// Whether somebody has connected.
  var wasAsked: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }

  func stop() { close(descriptor) }
}
