import GRDB
import Glibc
import RunbookEngine

extension JournalError {
  /// Does `work` on the file at `path` and tells SQLite's errors as ours.
  static func telling<Success>(
    path: String, busySeconds: Int, _ work: () throws -> Success
  ) throws(JournalError) -> Success {
    do {
      return try work()
    } catch let error as JournalError {
      throw error
    } catch let error as DatabaseError {
      throw JournalError(error, path: path, busySeconds: busySeconds)
    } catch let error as MissingValue {
      throw .damaged(path: path, detail: "no \(error.column)")
    } catch {
      throw .other("\(path): \(error)")
    }
  }

  init(_ error: DatabaseError, path: String, busySeconds: Int) {
    let detail = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_FULL: self = .full(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, detail: detail)
    // Our statements and rows fit our schema: what does not is a file that was changed beside us.
    case .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH:
      self = .damaged(path: path, detail: detail)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path, seconds: busySeconds)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
      self = .notWritable(path: path, reason: detail)
    case .SQLITE_IOERR:
      // SQLite says so too where it could not make its shared memory file larger.
      self =
        hasSpace(path)
        ? .notWritable(path: path, reason: "\(detail) (\(error.extendedResultCode.rawValue))")
        : .full(path: path)
    default: self = .other("\(path): \(error)")
    }
  }

  /// The error of a system call on `path`.
  init(errno code: CInt, path: String) {
    switch code {
    case ENOENT: self = .notFound(path: path)
    case ENOSPC, EDQUOT: self = .full(path: path)
    default: self = .notWritable(path: path, reason: String(cString: strerror(code)))
    }
  }
}

/// False where the filesystem of `path` has less room than one of SQLite's smallest extensions.
private func hasSpace(_ path: String) -> Bool {
  var facts = statvfs()
  guard statvfs(path, &facts) == 0 else { return true }
  return UInt64(facts.f_bavail) * UInt64(facts.f_frsize) >= 64 << 10
}
