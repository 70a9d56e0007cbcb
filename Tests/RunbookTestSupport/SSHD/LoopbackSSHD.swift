import Foundation
import Glibc
import RunbookCore
import Synchronization

/// A real sshd on a free port of 127.0.0.1, with host keys, users' keys and configuration of its
/// own, in a temporary directory.
///
/// Needs the packages openssh-server and openssh-client (`apt-get install openssh-server`). It
/// serves the user who runs the tests; `$HOME` of its sessions lies in that directory, so that
/// start-up files of that user's shell don't matter and every server is a host of its own. A class because it is a process with an end.
///
///     try await LoopbackSSHD.run(count: 3) { servers in
///       let host = servers[0].host("a")
///     }
package final class LoopbackSSHD: Sendable {
  package struct Options: Sendable {
    /// `ssh-keygen -t` for each host key.
    package var hostKeyTypes: [String]
    /// Lines that go first in sshd_config, so win over the others.
    package var configuration: [String]
    /// Authorized besides `identity`: paths of public keys.
    package var authorizedKeys: [String]
    /// `$HOME` of the sessions; nil is a directory of the server's own.
    package var home: String?

    package init(
      hostKeyTypes: [String] = ["ed25519", "ecdsa"], configuration: [String] = [],
      authorizedKeys: [String] = [], home: String? = nil
    ) {
      self.hostKeyTypes = hostKeyTypes
      self.configuration = configuration
      self.authorizedKeys = authorizedKeys
      self.home = home
    }
  }

  package let directory: String
  package let port: Int
  /// `$HOME` of its sessions.
  package let home: String
  private let process: Mutex<SpawnedProcess?>

  /// A private key that the server accepts.
  package var identity: String { "\(directory)/identity" }
  /// Holds the server's host keys under `[127.0.0.1]:port`.
  package var knownHosts: String { "\(directory)/known_hosts" }
  package var log: String { "\(directory)/log" }

  /// Starts `count` servers for the length of `body`, which all accept the same identity.
  package static func run<Result>(
    count: Int = 1, options: Options = Options(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: ([LoopbackSSHD]) async throws -> sending Result
  ) async throws -> sending Result {
    var servers: [LoopbackSSHD] = []
    defer { for server in servers { server.remove() } }
    for _ in 0..<count {
      servers.append(try await LoopbackSSHD(options: options, identity: servers.first?.identity))
    }
    return try await body(servers)
  }

  /// Starts a server; `remove` has to follow.
  /// - Parameter identity: a private key to accept; nil makes one.
  package init(options: Options = Options(), identity: String? = nil) async throws {
    directory = try Self.makeDirectory()
    port = try Self.freePort()
    home = options.home ?? "\(directory)/home"
    process = Mutex(nil)
    let log = "\(directory)/log"
    if let identity {
      for suffix in ["", ".pub"] {
        try FileManager.default.copyItem(
          atPath: identity + suffix, toPath: "\(directory)/identity\(suffix)")
      }
    } else {
      try await Self.makeKey("\(directory)/identity", log: log)
    }
    for type in options.hostKeyTypes {
      try await Self.makeKey("\(directory)/host_\(type)", type: type, log: log)
    }
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try write(options)
    try await start()
  }

  /// This server as a row of an inventory.
  package func host(_ name: String) -> RunbookCore.Host {
    RunbookCore.Host(name: name, address: "127.0.0.1", user: NSUserName(), port: port)
  }

  /// The line of a host key for a `known_hosts` file.
  package func knownHostsLine(_ type: String, name: String? = nil) throws -> String {
    let key = try String(contentsOfFile: "\(directory)/host_\(type).pub", encoding: .utf8)
    let words = key.split(separator: " ").prefix(2).joined(separator: " ")
    return "\(name ?? "[127.0.0.1]:\(port)") \(words)\n"
  }

  /// Starts the server, also after `stop`, on the same port with the same keys.
  package func start() async throws {
    if getuid() == 0 { mkdir("/run/sshd", 0o755) }  // sshd's own directory, mostly there.
    let started = try SpawnedProcess(
      "/usr/sbin/sshd", ["-D", "-e", "-f", "\(directory)/sshd_config"], log: log)
    process.withLock { $0 = started }
    guard await waitUntil(.seconds(10), { self.isListening }) else {
      started.end()
      throw TestFailure("sshd does not listen on port \(port): see \(log)")
    }
  }

  /// Ends the server and adds lines to its configuration, for the next start.
  package func stop(appending lines: [String]) throws {
    stop()
    let path = "\(directory)/sshd_config"
    let before = try String(contentsOfFile: path, encoding: .utf8)
    try (before + lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  /// Ends the listener; sessions stay unless they are ended too.
  package func stop(endingSessions: Bool = true) {
    if endingSessions { killSessions() }
    process.withLock { process in
      process?.end()
      process = nil
    }
  }

  /// The server's processes that serve a connection.
  package var sessions: [pid_t] {
    guard let listener = process.withLock({ $0?.pid }) else { return [] }
    return ProcessTable.children(of: listener)
  }

  /// Cuts all connections by killing their server processes; actions in sessions of their own
  /// go on. True: there was one.
  @discardableResult
  package func killSessions() -> Bool {
    guard let listener = process.withLock({ $0?.pid }) else { return false }
    let parents = ProcessTable.parents()
    let sessions = parents.filter { $0.value == listener }.map(\.key)
    let unprivileged = parents.filter { sessions.contains($0.value) }.map(\.key)
    for pid in unprivileged.filter(ProcessTable.isSSHD) + sessions { kill(pid, SIGKILL) }
    return !sessions.isEmpty
  }

  /// Ends everything and removes the directory.
  package func remove() {
    stop()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Makes a key pair without a passphrase, or with one.
  package static func makeKey(
    _ path: String, type: String = "ed25519", passphrase: String = "", log: String = "/dev/null"
  ) async throws {
    try await SpawnedProcess.run(
      "/usr/bin/ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-f", path, "-C", "test"],
      log: log)
  }

  package static func makeDirectory() throws -> String {
    let path = NSTemporaryDirectory() + "/reprise-sshd-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return path
  }

  private func write(_ options: Options) throws {
    var known = ""
    for type in options.hostKeyTypes { known += try knownHostsLine(type) }
    try known.write(toFile: knownHosts, atomically: true, encoding: .utf8)
    let authorized = try (["\(identity).pub"] + options.authorizedKeys).map {
      try String(contentsOfFile: $0, encoding: .utf8)
    }
    try authorized.joined().write(
      toFile: "\(directory)/authorized_keys", atomically: true, encoding: .utf8)
    let lines =
      options.configuration
      + options.hostKeyTypes.map { "HostKey \(directory)/host_\($0)" }
      + [
        "Port \(port)", "ListenAddress 127.0.0.1", "PidFile \(directory)/pid",
        "AuthorizedKeysFile \(directory)/authorized_keys", "UsePAM no", "StrictModes no",
        "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
        "MaxStartups 1000", "MaxSessions 1000", "UseDNS no", "PrintMotd no", "PrintLastLog no",
        "LogLevel ERROR", "SetEnv HOME=\(home)",
      ]
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: "\(directory)/sshd_config", atomically: true, encoding: .utf8)
  }

  private var isListening: Bool {
    guard let descriptor = try? Loopback.connect(port: port) else { return false }
    close(descriptor)
    return true
  }

  private static func freePort() throws -> Int {
    let (descriptor, port) = try Loopback.listen()
    close(descriptor)
    return port
  }
}
