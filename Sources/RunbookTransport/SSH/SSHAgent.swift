import Glibc

/// Speaks to an SSH agent: which keys it has, and signatures by them.
///
/// Not libssh2's own client, because that one waits for the agent without a bound, whatever the
/// mode of the session is. A connection serves one login and belongs to one thread.
final class SSHAgent {
  struct Key: Sendable {
    var publicKey: HostKey
    var comment: String
  }

  struct Failure: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// Listing keys needs nobody's consent, so an agent that is silent for this long is stuck.
  static let listLimit = Duration.seconds(2)
  private static let answerLimit = 256 << 10
  private let descriptor: Int32
  private let deadline: Deadline

  /// Connects to the agent at `path`.
  init(path: String, deadline: Deadline) throws(Failure) {
    self.deadline = deadline
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < room else { throw Failure("the path \(path) is too long for a socket") }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    descriptor = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(systemMessage()) }
    let code = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // All is set by now, so that throwing runs `deinit`, which closes.
    guard code == 0 else { throw Failure("\(path): \(systemMessage().lowercasedFirst)") }
  }

  deinit { close(descriptor) }

  func keys() throws(Failure) -> [Key] {
    let limit = deadline.within(Self.listLimit)
    var answer = WireReader(try ask(11, [], expecting: 12, by: limit))
    guard let count = answer.number(), count <= 4096 else { throw Failure("a damaged answer") }
    var keys: [Key] = []
    for _ in 0..<count {
      guard let blob = answer.string(), let comment = answer.string() else {
        throw Failure("a damaged answer")
      }
      guard let key = HostKey(blob: blob) else { continue }
      keys.append(Key(publicKey: key, comment: String(decoding: comment, as: UTF8.self)))
    }
    return keys
  }

  /// The bare signature of `data`, without the type in front of it.
  func sign(_ data: [UInt8], with key: HostKey) throws(Failure) -> [UInt8] {
    let request = wireString(key.blob) + wireString(data) + wireNumber(0)
    var answer = WireReader(try ask(13, request, expecting: 14, by: deadline))
    guard let signature = answer.string() else { throw Failure("a damaged answer") }
    var reader = WireReader(signature)
    guard reader.string() != nil, let bare = reader.string() else {
      throw Failure("a damaged signature")
    }
    return bare
  }

  private func ask(
    _ type: UInt8, _ content: [UInt8], expecting: UInt8, by deadline: Deadline
  ) throws(Failure) -> [UInt8] {
    try send(wireString([type] + content), by: deadline)
    var reader = WireReader(try receive(4, by: deadline))
    guard let count = reader.number(), count > 0, count <= Self.answerLimit else {
      throw Failure("a damaged answer")
    }
    let answer = try receive(count, by: deadline)
    guard answer[0] == expecting else { throw Failure("the agent declined") }
    return Array(answer.dropFirst())
  }

  private func send(_ bytes: [UInt8], by deadline: Deadline) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 { rest = rest.dropFirst(count) } else { try wait(for: POLLOUT, by: deadline) }
    }
  }

  private func receive(_ count: Int, by deadline: Deadline) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let read = recv(descriptor, &buffer, count - bytes.count, 0)
      if read == 0 { throw Failure("the agent closed the connection") }
      if read > 0 { bytes += buffer[..<read] } else { try wait(for: POLLIN, by: deadline) }
    }
    return bytes
  }

  /// After a call that failed: waits if it would have blocked.
  private func wait(for events: Int32, by deadline: Deadline) throws(Failure) {
    guard errno == EAGAIN || errno == EINTR else { throw Failure(systemMessage()) }
    guard deadline.wait(for: events, on: descriptor) else {
      throw Failure("the agent did not answer in time")
    }
  }
}
