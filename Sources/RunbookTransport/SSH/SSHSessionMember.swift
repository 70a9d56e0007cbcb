import CLibSSH2
import Glibc

/// One SSH session with its channel, served by an I/O thread.
///
/// libssh2's rule decides its shape: a call that answered EAGAIN in the middle of a packet must
/// be repeated before any other call on the session. So at most one call is pending.
final class SSHSessionMember: IOMember {
  /// A turn ends after this many bytes of output, so that other hosts get theirs.
  private static let turnLimit = 512 << 10
  private static let readSize = 64 << 10
  /// What the far end may send before we take it: the bound of libssh2's queue. Granted anew when
  /// half of it is used up.
  private static let window = 512 << 10
  /// Bytes that may wait for a host that takes none.
  private static let queueLimit = 64 << 20

  private enum Stream: Int32 {
    case output = 0
    case error = 1  // SSH_EXTENDED_DATA_STDERR
  }

  /// The call that met a full socket in the middle of a packet.
  private enum Pending {
    case nothing
    case write
    case grant
  }

  private let handover: SSHSessionHandover
  private let receive: @Sendable (ByteChannelEvent) -> Void
  private var outgoing: ArraySlice<[UInt8]> = []
  private var outgoingStart = 0
  private var outgoingCount = 0
  private var pending = Pending.nothing
  /// The grant that has not been sent yet: it has to be repeated with the same number.
  private var grantUnderWay = 0
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
    if pending == .grant {
      if let reason = grant() { return finish(reason) }
      if pending == .grant { return .open }
    }
    if let reason = flush() { return finish(reason) }
    if pending != .nothing { return .open }
    if let reason = readAll() { return finish(reason) }
    // Reading may have widened the window for what could not be written; writing takes in what
    // arrives meanwhile, and for that the socket does not wake us again.
    let queued = queuedCount
    if pending == .nothing, outgoingCount > 0, let reason = flush() { return finish(reason) }
    if queuedCount > queued { hasBacklog = true }
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
    var isSecondLook = false
    while total < Self.turnLimit {
      if let reason = grant() { return reason }
      if pending == .grant { return nil }
      var got = 0
      for stream in [Stream.output, .error] {
        switch read(stream) {
        case .failure(let reason): return reason.text
        case .success(let count): got += count
        }
      }
      // Asking for one stream takes in what arrives for the other.
      if got == 0 && (queuedCount == 0 || isSecondLook) { return nil }
      isSecondLook = got == 0
      total += got
    }
    hasBacklog = true
    return nil
  }

  /// Widens the far end's window when half of it is used up; returns why the connection is lost.
  ///
  /// `libssh2_channel_read_ex` must never do that itself: when its adjustment meets EAGAIN, as
  /// while keys are exchanged anew, it sends a second one of a negative size, and the server ends
  /// the connection. It does not if the buffer fits into the window.
  private func grant() -> String? {
    if grantUnderWay == 0 {
      guard remainingWindow < Self.window / 2 else { return nil }
      grantUnderWay = Self.window - remainingWindow
    }
    let code = libssh2_channel_receive_window_adjust2(channel, UInt(grantUnderWay), 1, nil)
    if code == LIBSSH2_ERROR_EAGAIN {
      pending = isBlockedOutbound ? .grant : .nothing
      return nil
    }
    pending = .nothing
    grantUnderWay = 0
    return code < 0 ? lostReason(code) : nil
  }

  /// What was granted and has not been read, whether or not it has arrived.
  private var remainingWindow: Int {
    Int(libssh2_channel_window_read_ex(channel, nil, nil))
  }

  /// What has arrived and has not been read, of both streams.
  private var queuedCount: Int {
    var count: UInt = 0
    libssh2_channel_window_read_ex(channel, &count, nil)
    return Int(count)
  }

  private func read(_ stream: Stream) -> Result<Int, LostReason> {
    let size = min(Self.readSize, remainingWindow)
    guard size > 0 else { return .success(0) }
    let (count, bytes) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
      let count = libssh2_channel_read_ex(channel, stream.rawValue, buffer.baseAddress, size)
      // A copy of its own size: whoever keeps it must not keep the whole buffer.
      let taken = UnsafeRawBufferPointer(start: buffer.baseAddress, count: max(count, 0))
      return (count, Array(taken))
    }
    if count == Int(LIBSSH2_ERROR_EAGAIN) { return .success(0) }
    guard count >= 0 else { return .failure(LostReason(text: lostReason(Int32(count)))) }
    guard count > 0 else { return .success(0) }
    switch stream {
    case .output: receive(.output(bytes))
    case .error: receive(.error(bytes))
    }
    return .success(count)
  }

  private struct LostReason: Error { var text: String }

  private var isBlockedOutbound: Bool {
    libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
  }

  private func lostReason(_ code: Int32) -> String {
    "the connection is lost: \(LibSSH2.lastError(of: session).lowercasedFirst) (libssh2 \(code))"
  }
}
