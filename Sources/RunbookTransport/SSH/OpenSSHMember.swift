import Glibc

/// An `ssh` child process, served by an I/O thread.
final class OpenSSHMember: IOMember {
  /// A turn ends after this many bytes of output, so that other hosts get theirs.
  private static let turnLimit = 512 << 10
  private static let readSize = 64 << 10
  private static let queueLimit = 64 << 20
  /// How long the last words of an `ssh` whose output has ended are waited for.
  private static let lastWords = Duration.seconds(1)

  private let client: OpenSSHClient
  private let receive: @Sendable (ByteChannelEvent) -> Void
  private var messages: MessageLines
  /// Standard error that was read before this member took over.
  private var early: [UInt8]
  private var outgoing: ArraySlice<[UInt8]> = []
  private var outgoingStart = 0
  private var outgoingCount = 0
  var waitingCount: Int { outgoingCount }
  private var isOutputOpen = true
  private var isErrorOpen = true
  private var isLogOpen = true
  private(set) var hasBacklog = true
  private(set) var wakeAt: Deadline?

  init(
    _ client: OpenSSHClient, messages: MessageLines, early: [UInt8],
    receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) {
    self.client = client
    self.messages = messages
    self.receive = receive
    self.early = early
  }

  func addInterests(to entries: inout [pollfd]) {
    for (descriptor, isOpen) in [
      (client.output, isOutputOpen), (client.errors, isErrorOpen),
      (client.log.descriptor, isLogOpen),
    ] where isOpen {
      entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }
    if !outgoing.isEmpty && isOutputOpen {
      entries.append(pollfd(fd: client.input, events: Int16(POLLOUT), revents: 0))
    }
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
    if !early.isEmpty {
      receive(.error(early))
      early = []
    }
    flush()
    isOutputOpen = isOutputOpen && read(client.output) { .output($0) }
    isErrorOpen = isErrorOpen && read(client.errors) { .error($0) }
    isLogOpen = isLogOpen && OpenSSHClient.gather(client.log.descriptor) { messages.add($0) }
    guard !isOutputOpen && !hasBacklog else { return .open }
    // A ProxyCommand may hold standard error open: last words are waited for with a bound.
    if wakeAt == nil { wakeAt = Deadline(after: Self.lastWords) }
    guard !(isErrorOpen || isLogOpen) || wakeAt?.hasPassed == true else { return .open }
    let reason = messages.reason.map { ": \($0)" } ?? ""
    return finish("ssh has ended\(reason)")
  }

  func dispose() { client.dispose() }

  private func finish(_ reason: String) -> IOProgress {
    receive(.closed(reason))
    return .finished
  }

  private func flush() {
    while let chunk = outgoing.first {
      let count = chunk.withUnsafeBytes { bytes in
        send(
          client.input, bytes.baseAddress! + outgoingStart, bytes.count - outgoingStart,
          Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 {
        // Full, or ssh has ended, which its output tells.
        if errno != EAGAIN { drop() }
        return
      }
      outgoingStart += count
      outgoingCount -= count
      if outgoingStart == chunk.count {
        outgoing.removeFirst()
        outgoingStart = 0
      }
    }
  }

  private func drop() {
    outgoing = []
    outgoingStart = 0
    outgoingCount = 0
  }

  /// Reads a bounded part. False: the end.
  private func read(_ descriptor: Int32, _ event: ([UInt8]) -> ByteChannelEvent) -> Bool {
    var total = 0
    while total < Self.turnLimit {
      let (count, bytes) = withUnsafeTemporaryAllocation(
        byteCount: Self.readSize, alignment: 1
      ) { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        return (count, Array(buffer.prefix(max(count, 0))))
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return errno == EAGAIN }
      if count == 0 { return false }
      receive(event(bytes))
      total += count
    }
    hasBacklog = true
    return true
  }
}
