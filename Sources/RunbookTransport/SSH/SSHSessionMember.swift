import CLibSSH2
import Glibc

/// One SSH session with its channel, served by an I/O thread.
///
/// libssh2's rule decides its shape: a call that answered EAGAIN in the middle of a packet must
/// be repeated before any other call on the session. So at most one call is pending.
final class SSHSessionMember: IOMember {
  /// A turn ends after this many bytes of output, so that other hosts get theirs.
  private static let turnLimit = 512 << 10
  /// Also the far end's window (see `SSHConnection.start`), so the bound of what a host can have
  /// waiting in libssh2's queue.
  private static let readSize = 256 << 10
  /// Bytes that may wait for a host that takes none.
  private static let queueLimit = 64 << 20

  private enum Stream: Int32 {
    case output = 0
    case error = 1  // SSH_EXTENDED_DATA_STDERR
  }

  /// The call that met a full socket in the middle of a packet.
  private enum Pending: Equatable {
    case nothing
    case write
    case read(Stream)
  }

  private let handover: SSHSessionHandover
  private let receive: @Sendable (ByteChannelEvent) -> Void
  private var outgoing: [[UInt8]] = []
  private var outgoingStart = 0
  private var outgoingCount = 0
  private var pending = Pending.nothing
  private(set) var hasBacklog = true

  init(
    _ handover: SSHSessionHandover, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) {
    self.handover = handover
    self.receive = receive
  }

  private var session: OpaquePointer { handover.session }
  private var channel: OpaquePointer { handover.channel }

  func addInterests(to entries: inout [pollfd]) {
    var events = Int32(POLLIN)
    let directions = libssh2_session_block_directions(session)
    if directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 {
      // In the middle of a packet nothing may be read, so nobody waits for input.
      events = pending == .nothing ? Int32(POLLIN | POLLOUT) : Int32(POLLOUT)
    }
    entries.append(
      pollfd(fd: handover.socket, events: Int16(truncatingIfNeeded: events), revents: 0))
  }

  func queue(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    outgoing.append(bytes)
    outgoingCount += bytes.count
  }

  func serve(_ ready: ArraySlice<pollfd>) -> IOProgress {
    hasBacklog = false
    guard outgoingCount <= Self.queueLimit else {
      return finish("the host takes no input: \(outgoingCount >> 20) MiB are waiting for it")
    }
    // What is pending goes first: nothing else is allowed before it is done.
    if case .read(let stream) = pending {
      switch read(stream) {
      case .failed(let reason): return finish(reason)
      case .blocked: return .open
      case .got, .nothing: break
      }
    }
    if let reason = flush() { return finish(reason) }
    if pending != .nothing { return .open }
    if let reason = readAll() { return finish(reason) }
    // Reading may have widened the window for what could not be written.
    if pending == .nothing, outgoingCount > 0, let reason = flush() { return finish(reason) }
    if pending == .nothing, !hasBacklog, libssh2_channel_eof(channel) == 1 {
      return finish("the shell on the host has ended")
    }
    return .open
  }

  func dispose() {
    LibSSH2.dispose(of: session, socket: handover.socket)
  }

  private func finish(_ reason: String) -> IOProgress {
    receive(.closed(reason))
    return .finished
  }

  /// Writes until the far end or the socket takes no more; returns why the connection is lost.
  private func flush() -> String? {
    while let chunk = outgoing.first {
      let count = chunk.withUnsafeBytes { bytes in
        libssh2_channel_write_ex(
          channel, 0, bytes.baseAddress!.assumingMemoryBound(to: CChar.self) + outgoingStart,
          bytes.count - outgoingStart)
      }
      if count == Int(LIBSSH2_ERROR_EAGAIN) {
        // Without OUTBOUND the far end's window is full, which only reading can change.
        pending = isBlockedOutbound ? .write : .nothing
        return nil
      }
      pending = .nothing
      guard count >= 0 else { return lostReason(Int32(count)) }
      outgoingStart += count
      outgoingCount -= count
      if outgoingStart == chunk.count {
        outgoing.removeFirst()
        outgoingStart = 0
      }
      if count == 0 { return nil }
    }
    return nil
  }

  /// Reads a bounded part of what is there, of both streams; returns why the connection is lost.
  private func readAll() -> String? {
    var total = 0
    while total < Self.turnLimit {
      var gotSomething = false
      for stream in [Stream.output, .error] {
        // Asking for a stream grants the far end a window of that size: standard error, mostly
        // silent, is asked for only when the queue holds some.
        if stream == .error, libssh2_poll_channel_read(channel, 1) != 1 { continue }
        switch read(stream) {
        case .failed(let reason): return reason
        case .blocked: return nil
        case .nothing: break
        case .got(let count):
          gotSomething = true
          total += count
        }
      }
      if !gotSomething { return nil }
    }
    hasBacklog = true
    return nil
  }

  private enum ReadResult {
    case got(Int)
    case nothing
    /// The socket is full in the middle of a packet (a window adjustment).
    case blocked
    case failed(String)
  }

  private func read(_ stream: Stream) -> ReadResult {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, initialized in
      count = buffer.withMemoryRebound(to: CChar.self) { characters in
        libssh2_channel_read_ex(channel, stream.rawValue, characters.baseAddress, characters.count)
      }
      initialized = max(count, 0)
    }
    if count == Int(LIBSSH2_ERROR_EAGAIN) {
      pending = isBlockedOutbound ? .read(stream) : .nothing
      return isBlockedOutbound ? .blocked : .nothing
    }
    pending = .nothing
    guard count >= 0 else { return .failed(lostReason(Int32(count))) }
    guard count > 0 else { return .nothing }
    switch stream {
    case .output: receive(.output(bytes))
    case .error: receive(.error(bytes))
    }
    return .got(count)
  }

  private var isBlockedOutbound: Bool {
    libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
  }

  private func lostReason(_ code: Int32) -> String {
    "the connection is lost: \(LibSSH2.lastError(of: session).lowercasedFirst) (libssh2 \(code))"
  }
}
