import Glibc
import RunbookEngine
import Synchronization

/// Looks host keys up as OpenSSH does: by asking `ssh-keygen -F`.
///
/// libssh2's own reader accepts `@revoked` keys and ignores wildcards. The process that this
/// costs is saved while the files stay the same; files that don't exist cost nothing. A class
/// because connector threads share what is remembered and write one file.
final class KnownHosts: Sendable {
  private struct Stamp: Hashable {
    var device: UInt, inode: UInt, size: Int, seconds: Int, nanoseconds: Int
  }
  private struct Question: Hashable {
    var name: String
    var file: String
    /// A file that was written to is another question.
    var stamp: Stamp
  }

  private let answers = SharedAnswers<Question, KnownHostKeys>()
  /// Held while a file is written; other processes are kept out by the file's own lock.
  let writing = Mutex(())

  /// Called on a connector thread.
  func keys(for target: SSHTarget, by deadline: Deadline) throws(TransportError) -> KnownHostKeys {
    var all = KnownHostKeys()
    for file in target.knownHostsFiles {
      all.add(try look(up: target.knownHostsName, in: file, by: deadline))
    }
    guard let plain = target.knownHostsNameWithoutPort, all.keys.isEmpty else { return all }
    for file in target.knownHostsFiles {
      let found = try look(up: plain, in: file, by: deadline)
      all.keysWithoutPort.formUnion(found.keys)
      all.revoked.formUnion(found.revoked)
    }
    return all
  }

  private func look(
    up name: String, in file: String, by deadline: Deadline
  ) throws(TransportError) -> KnownHostKeys {
    guard let stamp = Self.stamp(file) else { return KnownHostKeys() }
    let question = Question(name: name, file: file, stamp: stamp)
    return try answers.answer(question, by: deadline) { () throws(TransportError) in
      try Self.ask(name, file, by: deadline)
    }
  }

  private static func ask(
    _ name: String, _ file: String, by deadline: Deadline
  ) throws(TransportError) -> KnownHostKeys {
    let answer: BoundedCommand
    do {
      answer = try BoundedCommand.run("ssh-keygen", ["-F", name, "-f", file], by: deadline)
    } catch {
      throw OpenSSHConfigurationReader.failure(of: "ssh-keygen", error)
    }
    // 1 says that nothing was found; other failures must not read as an unknown host.
    guard answer.exitStatus == 0 || answer.exitStatus == 1 else {
      throw .refused(
        "the known hosts can't be read from \(file): \(answer.errors.lastLine)",
        remedy: "make the file readable, or name another one with --known-hosts")
    }
    return KnownHostKeys.parse(answer.lines)
  }

  /// Nil: no such file, so nothing to look for.
  private static func stamp(_ file: String) -> Stamp? {
    var status = stat()
    guard stat(file, &status) == 0 else { return nil }
    return Stamp(
      device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}
