import Glibc
import Synchronization

/// One of the two streams that a command writes to. A class because it stands for a descriptor and
/// remembers what became of it.
///
/// After the first failure nothing more is written. That nobody reads any more (`| head`) is no
/// failure; a full disk is.
final class Output: Sendable {
  static let standard = Output(descriptor: 1)
  static let error = Output(descriptor: 2)

  private struct State {
    var isOpen = true
    var failure: Int32?
  }
  let descriptor: Int32
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// False once nothing can be written any more.
  var isOpen: Bool { state.withLock { $0.isOpen } }

  /// Why writing failed, where it was not the reader who went away.
  var failure: String? {
    state.withLock { $0.failure }.map { String(cString: strerror($0)) }
  }

  /// The terminal that was written to is gone.
  var isTerminalGone: Bool { state.withLock { $0.failure == EIO || $0.failure == ENXIO } }

  func write(_ text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty, isOpen {
      let count = Glibc.write(
        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      let code = errno
      switch code {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      default:
        state.withLock {
          $0.isOpen = false
          if code != EPIPE { $0.failure = code }
        }
      }
    }
  }
}

/// The three descriptors that every process may count on.
enum Descriptors {
  /// Opens `/dev/null` where one of them was closed by the caller, so that the file of the state
  /// never gets its number and a message is never written into it.
  static func openMissing() {
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
      let opened = open("/dev/null", O_RDWR)
      if opened >= 0, opened != descriptor {
        dup2(opened, descriptor)
        close(opened)
      }
    }
  }
}
