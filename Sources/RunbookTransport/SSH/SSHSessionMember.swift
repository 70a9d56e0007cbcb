import CLibSSH2
import Glibc

/// One SSH session with its channel, served by an I/O thread.
///
/// libssh2 sends through this member, which takes all bytes and keeps what the socket does not.
/// libssh2 1.10 must not meet a full socket: it forgets where it was when that happens while keys
/// are exchanged anew (libssh2/libssh2#2110; the same with its NEWKEYS message).
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

  private let handover: SSHSessionHandover
  private let receive: @Sendable (ByteChannelEvent) -> Void
  private var outgoing: ArraySlice<[UInt8]> = []
  private var outgoingStart = 0
  private var outgoingCount = 0
  var waitingCount: Int { outgoingCount }
  /// Taken from libssh2, not yet by the socket.
  private var unsent: ArraySlice<UInt8> = []
  /// The grant that has not been sent yet: it has to be repeated with the same number.
  private var grantUnderWay = 0
  private(set) var hasBacklog = true

  init(
    _ handover: SSHSessionHandover, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) {
    self.handover = handover
    self.receive = receive
    libssh2_session_abstract(handover.session)?.pointee =
      Unmanaged.passUnretained(self).toOpaque()
    libssh2_session_callback_set(
      handover.session, LIBSSH2_CALLBACK_SEND,
      unsafeBitCast(sendThroughMember, to: UnsafeMutableRawPointer.self))
  }

  private var session: OpaquePointer { handover.session }
  private var channel: OpaquePointer { handover.channel }

  func addInterests(to entries: inout [pollfd]) {
    let events = Int32(unsent.isEmpty ? POLLIN : POLLIN | POLLOUT)
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
    if let reason = sendRest() ?? flush() ?? readAll() { return finish(reason) }
    // Reading may have widened the window for what could not be written; writing takes in what
    // arrives meanwhile, and for that the socket does not wake us again.
    let queued = queuedCount
    if let reason = flush() { return finish(reason) }
    if queuedCount > queued { hasBacklog = true }
    if !hasBacklog, libssh2_channel_eof(channel) == 1 {
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
    while unsent.isEmpty, let chunk = outgoing.first {
      let count = chunk.withUnsafeBytes { bytes in
        libssh2_channel_write_ex(
          channel, 0, bytes.baseAddress!.assumingMemoryBound(to: CChar.self) + outgoingStart,
          bytes.count - outgoingStart)
      }
      // The far end's window is full, or keys are exchanged: both are changed by reading. The
      // call has to be repeated with the same bytes, which stay the first.
      if count == Int(LIBSSH2_ERROR_EAGAIN) { return nil }
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
    if code == LIBSSH2_ERROR_EAGAIN { return nil }
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

  private func lostReason(_ code: Int32) -> String {
    "the connection is lost: \(LibSSH2.lastError(of: session).lowercasedFirst) (libssh2 \(code))"
  }

  /// Sends what the socket did not take before; returns why the connection is lost.
  private func sendRest() -> String? {
    while !unsent.isEmpty {
      let count = unsent.withUnsafeBytes {
        send(handover.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        return errno == EAGAIN ? nil : "the connection is lost: \(systemMessage().lowercasedFirst)"
      }
      unsent = unsent.dropFirst(count)
    }
    return nil
  }

  /// Takes a packet from libssh2: all of it, or a negative error number.
  fileprivate func take(_ packet: UnsafeRawBufferPointer) -> Int {
    var count = 0
    if unsent.isEmpty {
      count = send(handover.socket, packet.baseAddress, packet.count, Int32(MSG_NOSIGNAL))
      if count < 0 {
        guard errno == EAGAIN || errno == EINTR else { return -Int(errno) }
        count = 0
      }
    }
    unsent += packet[count...]
    return packet.count
  }
}

/// libssh2's own `send`, replaced. The member disposes of the session before it goes itself.
private let sendThroughMember:
  @convention(c) (
    Int32, UnsafeRawPointer?, Int, Int32, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Int = { _, bytes, count, _, context in
    guard let raw = context?.pointee else { return -Int(EINVAL) }
    return Unmanaged<SSHSessionMember>.fromOpaque(raw).takeUnretainedValue()
      .take(UnsafeRawBufferPointer(start: bytes, count: count))
  }
