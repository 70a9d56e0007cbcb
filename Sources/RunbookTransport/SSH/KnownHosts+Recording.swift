import Glibc
import RunbookEngine

extension KnownHosts {
  /// Records the key of a host that is met for the first time.
  ///
  /// Safe for many threads and processes at once: the file is locked, looked up again, and gets
  /// the line in one write. If somebody recorded another key meanwhile, that one counts and the
  /// verdict on `key` is returned.
  func record(
    _ key: HostKey, for target: SSHTarget, by deadline: Deadline
  ) throws(TransportError) -> KnownHostKeys.Verdict {
    guard let file = target.userKnownHostsFiles.first, file != "/dev/null" else {
      return .known  // The configuration says that nothing is to be remembered.
    }
    let entry = try self.entry(key, for: target, by: deadline)
    let result: Result<KnownHostKeys.Verdict, TransportError> = writing.withLock { _ in
      do throws(TransportError) {
        let descriptor = try Self.openLocked(file, by: deadline)
        defer { close(descriptor) }
        let verdict = try keys(for: target, by: deadline).verdict(on: key)
        guard verdict == .unknown else { return .success(verdict) }
        try Self.append(entry, to: descriptor, of: file)
        return .success(.known)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The new line; its name hashed by ssh-keygen if the configuration asks for it.
  private func entry(
    _ key: HostKey, for target: SSHTarget, by deadline: Deadline
  ) throws(TransportError) -> String {
    let plain = "\(target.knownHostsName) \(key.line)\n"
    guard target.configuration.isOn("hashknownhosts") else { return plain }
    guard let directory = PrivateDirectory() else { return plain }
    defer { directory.remove() }
    let scratch = directory.path + "/entry"
    let descriptor = open(scratch, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return plain }
    let isWritten = Self.writeAll(plain, to: descriptor)
    close(descriptor)
    guard isWritten,
      let answer = try? BoundedCommand.run("ssh-keygen", ["-H", "-f", scratch], by: deadline),
      answer.exitStatus == 0, let hashed = SmallFile.text(scratch), hashed.hasPrefix("|1|")
    else { return plain }
    return hashed.hasSuffix("\n") ? hashed : hashed + "\n"
  }

  private static func openLocked(
    _ file: String, by deadline: Deadline
  ) throws(TransportError) -> Int32 {
    let directory = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    if !directory.isEmpty { mkdir(directory.joined(separator: "/"), 0o700) }  // Mostly there.
    let descriptor = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(file, systemMessage()) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR, !deadline.hasPassed else {
        let reason = deadline.hasPassed ? "another program keeps it locked" : systemMessage()
        close(descriptor)
        throw failure(file, reason)
      }
      poll(nil, 0, 5)  // A lock can be asked for with a bound only by asking again.
    }
    return descriptor
  }

  private static func append(
    _ entry: String, to descriptor: Int32, of file: String
  ) throws(TransportError) {
    var last: UInt8 = 0
    let end = lseek(descriptor, 0, SEEK_END)
    let isUnfinished = end > 0 && pread(descriptor, &last, 1, end - 1) == 1 && last != 0x0a
    guard writeAll(isUnfinished ? "\n" + entry : entry, to: descriptor) else {
      throw failure(file, systemMessage())
    }
  }

  private static func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func failure(_ file: String, _ reason: String) -> TransportError {
    .refused(
      "the new host key can't be recorded in \(file): \(reason)",
      remedy: "make the file writable, or name another one with --known-hosts")
  }
}
