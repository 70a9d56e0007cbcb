import Glibc

/// Two connected stream sockets that no child inherits by accident.
///
/// Sockets instead of pipes, because `SOCK_CLOEXEC` closes the gap between making and marking a
/// descriptor in which another thread may start a process, and because `MSG_NOSIGNAL` works
/// without an ignored SIGPIPE, which children would inherit.
struct DescriptorPair {
  let first: Int32
  let second: Int32

  /// Nil: the process has no descriptor left; `errno` says which limit.
  init?() {
    var descriptors: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &descriptors) == 0 else { return nil }
    first = descriptors[0]
    second = descriptors[1]
  }
}

/// The system's words for an error number.
func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// Makes reads and writes on `descriptor` return at once.
func setNonBlocking(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// A variable of our own environment.
func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
