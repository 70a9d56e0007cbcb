import Glibc
import RunbookEngine

/// The ownership of a run: an exclusive lock on a file of its own, with the owner's pid in it.
///
/// A class because it stands for an open file. The lock belongs to the open file description
/// (`F_OFD_SETLK`), so the kernel drops it with the process, however that ends; the descriptor is
/// close-on-exec, so no child process keeps it. Another descriptor of the same process meets the
/// lock as another process does.
final class RunLock: Sendable {
  private let descriptor: CInt
  private let path: String

  /// Takes the lock of `run`, or throws `owned` where another process has it.
  static func take(_ run: String, in directory: StateDirectory) throws(JournalError) -> RunLock {
    let path = directory.lockFile(of: run)
    // A file that its owner removed between our opening and locking it is no lock: open again. An
    // owner that was killed while it started a program leaves a child that has the lock until it
    // becomes that program: waited for, too, 100 ms each time.
    for turn in 0..<100 {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw JournalError(errno: errno, path: path) }
      guard isLocked(descriptor, command: setLock) else {
        close(descriptor)
        let owner = owner(from: path)
        if turn < 99, !isAlive(owner.process) { continue }
        throw .owned(run: run, process: owner.process, isStopped: owner.isStopped)
      }
      if isStill(descriptor, at: path) {
        let lock = RunLock(descriptor: descriptor, path: path)
        try lock.writeProcess()
        return lock
      }
      close(descriptor)
    }
    throw .other("\(path): made and removed again and again")
  }

  /// The process that owns `run` now, or nil. Takes nothing, so that a look never refuses an owner.
  static func owner(of run: String, in directory: StateDirectory) -> RunOwner? {
    let path = directory.lockFile(of: run)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var request = flock()
    request.l_type = Int16(F_WRLCK)
    let asked = withUnsafeMutablePointer(to: &request) {
      fcntl(descriptor, askLock, UnsafeMutableRawPointer($0))
    }
    guard asked == 0, request.l_type != Int16(F_UNLCK) else { return nil }
    return owner(from: path)
  }

  private init(descriptor: CInt, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// The file goes while the lock is still held; who opened it meanwhile notices (`isStill`).
  deinit {
    unlink(path)
    close(descriptor)
  }

  private func writeProcess() throws(JournalError) {
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count
    else { throw JournalError(errno: errno, path: path) }
  }

  private static func isLocked(_ descriptor: CInt, command: CInt) -> Bool {
    var request = flock()
    request.l_type = Int16(F_WRLCK)
    return withUnsafeMutablePointer(to: &request) {
      fcntl(descriptor, command, UnsafeMutableRawPointer($0))
    } == 0
  }

  private static func isStill(_ descriptor: CInt, at path: String) -> Bool {
    var opened = stat()
    var named = stat()
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  /// The pid in the file; a new owner writes it right after it took the lock, which is waited for
  /// at most 100 ms.
  private static func owner(from path: String) -> RunOwner {
    var process = 0
    for _ in 0..<100 {
      process = contents(of: path).flatMap { Int($0.prefix { $0 != "\n" }) } ?? 0
      if isAlive(process) { break }
      poll(nil, 0, 1)
    }
    return RunOwner(process: process, isStopped: RunOwner.isStopped(process))
  }

  private static func isAlive(_ process: Int) -> Bool {
    process != 0 && (kill(pid_t(truncatingIfNeeded: process), 0) == 0 || errno == EPERM)
  }

  // The header's names stand behind a feature macro that the importer does not set; Linux has the
  // same numbers on every architecture.
  private static let askLock: CInt = 36  // F_OFD_GETLK
  private static let setLock: CInt = 37  // F_OFD_SETLK
}

/// The process that owns a run.
package struct RunOwner: Hashable, Sendable {
  package var process: Int
  /// Stopped by SIGSTOP or Ctrl-Z: it owns the run but does nothing.
  package var isStopped: Bool

  package init(process: Int, isStopped: Bool) {
    self.process = process
    self.isStopped = isStopped
  }

  /// By the state in `/proc/PID/stat`: the letter after the last `)`.
  static func isStopped(_ process: Int) -> Bool {
    guard let text = contents(of: "/proc/\(process)/stat"),
      let name = text.lastIndex(of: ")")
    else { return false }
    let state = text[text.index(after: name)...].drop { $0 == " " }.first
    return state == "T" || state == "t"
  }
}
