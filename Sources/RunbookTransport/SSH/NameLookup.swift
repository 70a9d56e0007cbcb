import Glibc
import Synchronization

/// Why a host could not be reached; may pass by itself.
struct Unreachable: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Turns a host name into addresses, within a deadline.
///
/// `getaddrinfo` takes no time-out: for anything but a literal address it runs on a thread of its
/// own, which outlives the deadline until the resolver itself gives up.
enum NameLookup {
  struct Address: Sendable {
    var family: Int32
    var bytes: [UInt8]
  }

  static func addresses(
    of name: String, port: Int, by deadline: Deadline
  ) throws(Unreachable) -> [Address] {
    if case .success(let addresses) = ask(name, port, flags: AI_NUMERICHOST) { return addresses }

    guard let signal = DescriptorPair() else { throw Unreachable(systemMessage()) }
    defer { close(signal.first) }
    let answer = Mutex<Result<[Address], Unreachable>?>(nil)
    let box = Box(answer)
    let isStarted = OperatingSystemThread.start {
      let result = ask(name, port, flags: 0)
      box.value.withLock { $0 = result }
      close(signal.second)  // The waiting end sees end of file.
    }
    guard isStarted else {
      close(signal.second)
      throw Unreachable("no thread is left for the name look-up")
    }
    guard deadline.wait(for: Int32(POLLIN), on: signal.first) else {
      throw Unreachable("no answer from the name service in time")
    }
    guard let result = box.value.withLock({ $0 }) else { throw Unreachable("no answer") }
    return try result.get()
  }

  private final class Box: Sendable {
    let value: Mutex<Result<[Address], Unreachable>?>
    init(_ value: consuming Mutex<Result<[Address], Unreachable>?>) { self.value = value }
  }

  private static func ask(
    _ name: String, _ port: Int, flags: Int32
  ) -> Result<[Address], Unreachable> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, String(port), &hints, &list)
    guard code == 0 else {
      return .failure(Unreachable(String(cString: gai_strerror(code)).lowercasedFirst))
    }
    defer { freeaddrinfo(list) }
    var found: [Address] = []
    var entry = list
    while let info = entry?.pointee {
      if let address = info.ai_addr {
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
        found.append(Address(family: info.ai_family, bytes: Array(bytes)))
      }
      entry = info.ai_next
    }
    return .success(found)
  }
}
