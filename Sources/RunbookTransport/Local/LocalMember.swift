import Glibc

/// A local shell, served by an I/O thread.
final class LocalMember: IOMember {
  /// A turn ends after this many bytes of output, so that other hosts get theirs.
  private static let turnLimit = 512 << 10
  private static let readSize = 64 << 10
  private static let queueLimit = 64 << 20

  private let shell: LocalShell
  private let receive: @Sendable (ByteChannelEvent) -> Void
  private var outgoing: [[UInt8]] = []
  private var outgoingStart = 0
  private var outgoingCount = 0
  var waitingCount: Int { outgoingCount }
  private var isErrorOpen = true
  private(set) var hasBacklog = true

  init(_ shell: LocalShell, receive: @escaping @Sendable (ByteChannelEvent) -> Void) {
    self.shell = shell
    self.receive = receive
  }

  func addInterests(to entries: inout [pollfd]) {
    entries.append(pollfd(fd: shell.output, events: Int16(POLLIN), revents: 0))
    if isErrorOpen {
      entries.append(pollfd(fd: shell.errors, events: Int16(POLLIN), revents: 0))
    }
    if !outgoing.isEmpty {
      entries.append(pollfd(fd: shell.input, events: Int16(POLLOUT), revents: 0))
    }
  }

  func queue(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    outgoing.append(bytes)
    outgoingCount += bytes.count
  }

  /// The end of the shell's output is the end of the channel: wrappers in the background may hold
  /// its standard error for as long as their actions run.
  func serve(_ ready: ArraySlice<pollfd>) -> IOProgress {
    hasBacklog = false
    guard outgoingCount <= Self.queueLimit else {
      receive(.closed("the shell takes no input: \(outgoingCount >> 20) MiB are waiting for it"))
      return .finished
    }
    flush()
    let isOpen = read(shell.output) { .output($0) }
    if isErrorOpen { isErrorOpen = read(shell.errors) { .error($0) } }
    guard !isOpen else { return .open }
    receive(.closed("the shell has ended"))
    return .finished
  }

  func dispose() { shell.dispose() }

  private func flush() {
    while let chunk = outgoing.first {
      let count = chunk.withUnsafeBytes { bytes in
        send(
          shell.input, bytes.baseAddress! + outgoingStart, bytes.count - outgoingStart,
          Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 {
        // Full, or the shell has ended, which its output tells.
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
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, initialized in
        count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        initialized = max(count, 0)
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
