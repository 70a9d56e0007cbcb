import GRDB
import Glibc
import RunbookEngine
import Synchronization

/// One connection to the SQLite file. It blocks: only threads of the journal's own use it.
struct Connection: Sendable {
  let path: String
  private let busySeconds: Int
  private let queue: DatabaseQueue

  /// Opens the file for writing: makes it where it is missing, brings it to the newest version.
  static func writing(
    _ directory: StateDirectory, busySeconds: Int
  ) throws(JournalError) -> Connection {
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try setWAL(db, patience: busySeconds)
      try db.execute(sql: "PRAGMA synchronous = FULL")
      // What a long run leaves of the WAL is cut back to this many bytes.
      try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
      guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == full else {
        throw JournalError.other("\(directory.database): synchronous is not FULL")
      }
    }
    let connection = try Connection(
      path: directory.database, busySeconds: busySeconds, configuration: configuration)
    try connection.withoutTransaction { try Schema.migrate($0, path: directory.database) }
    return connection
  }

  /// Opens the file for reading while others write.
  ///
  /// Where the directory can't be written and no writer left a WAL, it is read as a file that
  /// nobody changes.
  static func reading(
    _ directory: StateDirectory, busySeconds: Int
  ) throws(JournalError) -> Connection {
    let path = directory.database
    guard access(path, F_OK) == 0 else { throw JournalError(errno: errno, path: path) }
    var configuration = Configuration()
    configuration.readonly = true
    do {
      let connection = try Connection(
        path: path, busySeconds: busySeconds, configuration: configuration)
      try connection.checkVersion(of: directory)
      return connection
    } catch .notWritable(_, let reason) {
      guard access(directory.path, W_OK) != 0, size(of: path + "-wal") == 0 else {
        throw .notWritable(path: path, reason: reason)
      }
      let connection = try Connection(
        path: path, opened: unchangingAddress(of: path), busySeconds: busySeconds,
        configuration: configuration)
      try connection.checkVersion(of: directory)
      return connection
    }
  }

  /// Does `work` in one transaction that takes the write lock at its start.
  func write<Success>(_ work: (Database) throws -> Success) throws(JournalError) -> Success {
    try JournalError.telling(path: path, busySeconds: busySeconds) {
      try queue.write(work)
    }
  }

  /// Does `work` on one snapshot of the file.
  func read<Success>(_ work: (Database) throws -> Success) throws(JournalError) -> Success {
    try JournalError.telling(path: path, busySeconds: busySeconds) {
      try queue.read(work)
    }
  }

  /// Closes the connection; the last one of a file writes the log back and removes it.
  func close() throws(JournalError) {
    try JournalError.telling(path: path, busySeconds: busySeconds) { try queue.close() }
  }

  private func withoutTransaction(_ work: (Database) throws -> Void) throws(JournalError) {
    try JournalError.telling(path: path, busySeconds: busySeconds) {
      try queue.inDatabase(work)
    }
  }

  private init(
    path: String, opened address: String? = nil, busySeconds: Int, configuration: Configuration
  ) throws(JournalError) {
    self.path = path
    self.busySeconds = busySeconds
    var configuration = configuration
    configuration.busyMode = .callback(Patience(seconds: busySeconds).waitsOn)
    queue = try JournalError.telling(path: path, busySeconds: busySeconds) {
      try DatabaseQueue(path: address ?? path, configuration: configuration)
    }
  }

  /// An older file is brought to the newest version by opening it for writing once.
  private func checkVersion(of directory: StateDirectory) throws(JournalError) {
    guard try !read({ try Schema.isCurrent($0, path: path) }) else { return }
    _ = try Connection.writing(directory, busySeconds: busySeconds)
  }

  /// SQLite does not wait for the locks of this switch by itself; two processes may make the file
  /// at once.
  private static func setWAL(_ db: Database, patience seconds: Int) throws {
    let patience = Patience(seconds: seconds)
    for attempt in 0... {
      do {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
          throw DatabaseError(resultCode: .SQLITE_READONLY, message: "no WAL: \(mode ?? "")")
        }
        return
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        guard patience.waitsOn(attempt) else { throw error }
      }
    }
  }

  private static func unchangingAddress(of path: String) -> String {
    var address = "file:"
    for byte in path.utf8 {
      let isPlain =
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        || Character(Unicode.Scalar(byte)).isLetter && byte < 0x80
        || Character(Unicode.Scalar(byte)).isNumber && byte < 0x80
      let digits = String(byte, radix: 16)
      address += isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
    }
    return address + "?immutable=1"
  }

  private static func size(of path: String) -> Int {
    var facts = stat()
    return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
  }

  private static let full = 2
}

/// How long a busy file is waited for: SQLite asks before each further attempt.
///
/// Short pauses, since another run's commit takes about a millisecond; SQLite's own grow to 100 ms.
private final class Patience: Sendable {
  private let length: Duration
  private let start = Mutex<ContinuousClock.Instant?>(nil)

  init(seconds: Int) { length = .seconds(seconds) }

  func waitsOn(_ attempt: Int) -> Bool {
    let now = ContinuousClock.now
    let began = start.withLock { start in
      if attempt == 0 { start = now }
      return start ?? now
    }
    guard now - began < length else { return false }
    usleep(attempt < 100 ? 500 : 5_000)
    return true
  }
}
