import CLibSSH2
import Glibc
import RunbookEngine

/// A libssh2 session from the connected socket to the running command.
///
/// It belongs to one connector thread, which waits in `drive` with a deadline; `handOver` gives
/// the session away to an I/O thread. Whatever is not handed over is disposed of.
final class SSHConnection {
  let session: OpaquePointer
  let target: SSHTarget
  let deadline: Deadline
  let socket: Int32
  private var isHandedOver = false

  /// Takes `socket` over.
  init(socket: Int32, target: SSHTarget, deadline: Deadline) throws(SSHFailure) {
    guard let session = LibSSH2.makeSession() else {
      close(socket)
      throw SSHFailure(.unreachable("\(target.place): libssh2 could not start a session"))
    }
    self.session = session
    self.socket = socket
    self.target = target
    self.deadline = deadline
  }

  deinit { if !isHandedOver { LibSSH2.dispose(of: session, socket: socket) } }

  /// Repeats `call` until it has an answer, as libssh2 demands after `LIBSSH2_ERROR_EAGAIN`.
  func drive(_ doing: String, _ call: () -> Int32) throws(SSHFailure) -> Int32 {
    while true {
      let code = call()
      guard code == LIBSSH2_ERROR_EAGAIN else { return code }
      let directions = libssh2_session_block_directions(session)
      var events: Int32 = 0
      if directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 { events |= Int32(POLLIN) }
      if directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 { events |= Int32(POLLOUT) }
      guard deadline.wait(for: events == 0 ? Int32(POLLIN) : events, on: socket) else {
        let limit = target.options.connectTimeout.components.seconds
        throw unreachable("no answer in time (\(limit) s) while \(doing)")
      }
    }
  }

  /// The connection is gone, whatever libssh2 made of that: the host died, or its sshd did.
  var hasEnded: Bool {
    var byte: UInt8 = 0
    let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
  }

  func unreachable(_ reason: String) -> SSHFailure {
    SSHFailure(.unreachable("\(target.place): \(reason)"))
  }

  /// Starts `command` on a new channel.
  ///
  /// The initial window is 0, so that libssh2 never widens it of its own accord: see `grant` in
  /// `SSHSessionMember`, which does.
  func start(_ command: String) throws(SSHFailure) -> OpaquePointer {
    var opened: OpaquePointer?
    let code = try drive("opening a channel") {
      opened = libssh2_channel_open_ex(
        session, "session", 7, 0, UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT), nil, 0)
      return opened == nil ? libssh2_session_last_errno(session) : 0
    }
    guard let channel = opened else {
      throw unreachable("no channel (\(code)): \(LibSSH2.lastError(of: session))")
    }
    let started = try drive("starting the shell") {
      libssh2_channel_process_startup(
        channel, "exec", 4, command, UInt32(command.utf8.count))
    }
    guard started == 0 else {
      if hasEnded { throw unreachable("the connection ended while starting the shell") }
      throw SSHFailure(
        .unsuitable(
          "\(target.place) refuses to run a command: \(LibSSH2.lastError(of: session))",
          remedy: "allow sessions with commands for \(target.user) (sshd_config: ForceCommand, "
            + "MaxSessions; authorized_keys: command=)"))
    }
    return channel
  }

  /// Gives the session away; the connection must not be used after it.
  func handOver(_ channel: OpaquePointer) -> SSHSessionHandover {
    precondition(!isHandedOver, "SSH session of \(target.place): handed over twice")
    isHandedOver = true
    return SSHSessionHandover(session: session, channel: channel, socket: socket)
  }
}

/// A session on its way from the connector thread that made it to the I/O thread that serves it.
///
/// Unchecked, because pointers to C structures are not `Sendable`. It holds: `handOver` is the
/// connector thread's last use of them, and the I/O thread's inbox, a mutex, lies between.
struct SSHSessionHandover: @unchecked Sendable {
  let session: OpaquePointer
  let channel: OpaquePointer
  let socket: Int32
}
