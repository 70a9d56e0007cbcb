import Foundation
import Glibc

/// Looks into `/proc`.
package enum ProcessTable {
  /// The parent of every process.
  package static func parents() -> [pid_t: pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    var parents: [pid_t: pid_t] = [:]
    for pid in names.compactMap({ pid_t($0) }) { parents[pid] = parent(of: pid) }
    return parents
  }

  package static func children(of parent: pid_t) -> [pid_t] {
    parents().filter { $0.value == parent }.map(\.key)
  }

  package static func processes(of user: UInt32) -> [pid_t] {
    parents().keys.filter { pid in
      var status = stat()
      return stat("/proc/\(pid)", &status) == 0 && status.st_uid == user
    }
  }

  package static func isSSHD(_ pid: pid_t) -> Bool {
    let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
    return name?.hasPrefix("sshd") ?? false
  }

  /// Resident memory of this process, in bytes.
  package static var residentBytes: Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = fields.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  private static func parent(of pid: pid_t) -> pid_t? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[end...].split(separator: " ")
    return fields.count > 2 ? pid_t(fields[2]) : nil
  }
}
