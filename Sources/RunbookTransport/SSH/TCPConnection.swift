import Glibc

/// Connects to a host over TCP, within a deadline.
enum TCPConnection {
  /// A connected, non-blocking socket with keep-alive and without Nagle's delay, owned by the
  /// caller; `sendBuffer` limits what the system takes for the host at a time. Of several addresses each gets its share of the time, in the resolver's order.
  static func open(
    _ name: String, port: Int, sendBuffer: Int32? = nil, by deadline: Deadline
  ) throws(Unreachable) -> Int32 {
    let addresses: [NameLookup.Address]
    do {
      addresses = try NameLookup.addresses(of: name, port: port, by: deadline)
    } catch {
      throw Unreachable("the name \(name) can't be resolved: \(error.reason)")
    }
    var last = "the name has no address"
    for (index, address) in addresses.enumerated() {
      do {
        let share = deadline.share(addresses.count - index)
        return try open(address, sendBuffer: sendBuffer, by: share)
      } catch {
        last = error.reason
      }
    }
    throw Unreachable(last)
  }

  private static func open(
    _ address: NameLookup.Address, sendBuffer: Int32?, by deadline: Deadline
  ) throws(Unreachable) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else { throw Unreachable("no socket: \(systemMessage())") }
    do {
      try connect(descriptor, to: address, by: deadline)
      tune(descriptor)
      if let sendBuffer { set(descriptor, SOL_SOCKET, SO_SNDBUF, sendBuffer) }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func connect(
    _ descriptor: Int32, to address: NameLookup.Address, by deadline: Deadline
  ) throws(Unreachable) {
    let code = address.bytes.withUnsafeBytes { bytes in
      Glibc.connect(
        descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
        socklen_t(bytes.count))
    }
    if code == 0 { return }
    guard errno == EINPROGRESS else { throw Unreachable(systemMessage().lowercasedFirst) }
    guard deadline.wait(for: Int32(POLLOUT), on: descriptor) else {
      throw Unreachable("no answer to the connection attempt in time")
    }
    var status: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &size)
    guard status == 0 else { throw Unreachable(systemMessage(status).lowercasedFirst) }
  }

  private static func tune(_ descriptor: Int32) {
    set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    // A host that vanished is noticed after 30 + 3 × 10 s of silence, also without our pings.
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}

extension String {
  /// "Connection refused" within a sentence.
  var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
