import Glibc

/// What kind of filesystem a directory is on: SQLite's locks and shared memory do not hold between
/// the machines that mount one over a network.
enum Filesystem {
  /// Its name (`nfs4`, `fuse.sshfs`) where it is a network filesystem, else nil; nil too where the
  /// kernel's table of mounts can't be read.
  static func networkKind(of directory: String) -> String? {
    guard let table = contents(of: "/proc/self/mountinfo") else { return nil }
    return kind(of: directory, mounts: table).flatMap { isNetwork($0) ? $0 : nil }
  }

  /// The kind of the last mount whose point is the longest prefix of `directory`.
  ///
  /// - Parameter mounts: text of `/proc/PID/mountinfo`: field 5 is the mount point, the field
  ///   after the lone `-` the kind.
  static func kind(of directory: String, mounts: String) -> String? {
    var best: (point: String, kind: String)?
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else {
        continue
      }
      let point = unescaped(fields[4])
      guard contains(point, directory), point.utf8.count >= best?.point.utf8.count ?? 0 else {
        continue
      }
      best = (point, String(fields[dash + 1]))
    }
    return best?.kind
  }

  static func isNetwork(_ kind: String) -> Bool {
    networkKinds.contains(kind)
      || kind.hasPrefix("fuse.") && networkFuseKinds.contains(String(kind.dropFirst(5)))
  }

  private static let networkKinds: Set = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "coda", "glusterfs", "gfs2",
    "gpfs", "lustre", "ncpfs", "ocfs2", "beegfs", "orangefs", "pvfs2", "vboxsf", "davfs",
  ]
  private static let networkFuseKinds: Set = [
    "sshfs", "glusterfs", "ceph", "ceph-fuse", "s3fs", "rclone", "gcsfuse", "goofys", "curlftpfs",
    "davfs", "davfs2", "mfs", "moosefs", "juicefs", "JuiceFS", "seaweedfs", "vmhgfs-fuse",
  ]

  private static func contains(_ point: String, _ directory: String) -> Bool {
    point == "/" || directory == point || directory.hasPrefix(point + "/")
  }

  /// A space, tab, newline or backslash in a mount point stands as `\ooo`.
  private static func unescaped(_ field: Substring) -> String {
    guard field.contains("\\") else { return String(field) }
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The text of a file of `/proc`, or nil; at most 4 MiB of it.
func contents(of path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var text: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 << 10)
  while text.count < 4 << 20 {
    let count = read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { return nil }
    if count == 0 { break }
    text.append(contentsOf: buffer[..<count])
  }
  return String(decoding: text, as: UTF8.self)
}
