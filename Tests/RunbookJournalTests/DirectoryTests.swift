import Foundation
import GRDB
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite struct DirectoryTests {
  private let directory = TemporaryDirectory()

  @Test func aMissingDirectoryIsMadeForItsOwnerOnly() async throws {
    let deep = directory.path + "/a/b/state/"
    _ = try await JournalFile.open(directory: deep)
    let attributes = try FileManager.default.attributesOfItem(atPath: deep)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
  }

  @Test func readingMakesNothing() async throws {
    await #expect(throws: JournalError.notFound(path: directory.state)) {
      _ = try await RunHistory.open(directory: directory.state)
    }
    try FileManager.default.createDirectory(
      atPath: directory.state, withIntermediateDirectories: true)
    await #expect(throws: JournalError.notFound(path: directory.database)) {
      _ = try await RunHistory.open(directory: directory.state)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.state) == [])
  }

  @Test func aFileInThePlaceOfTheDirectoryIsRefused() async throws {
    _ = FileManager.default.createFile(atPath: directory.state, contents: nil)
    let expected = JournalError.notWritable(path: directory.state, reason: "Not a directory")
    await #expect(throws: expected) { _ = try await JournalFile.open(directory: directory.state) }
    await #expect(throws: expected) { _ = try await RunHistory.open(directory: directory.state) }
    await #expect(
      throws: JournalError.notWritable(
        path: directory.state + "/below", reason: "Not a directory")
    ) { _ = try await JournalFile.open(directory: directory.state + "/below") }
  }

  @Test func everyCommitIsSynced() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let (mode, synchronous) = try await file.thread.run { () throws(JournalError) in
      try file.connection.read { db in
        (
          try String.fetchOne(db, sql: "PRAGMA journal_mode"),
          try Int.fetchOne(db, sql: "PRAGMA synchronous")
        )
      }
    }
    #expect(mode == "wal" && synchronous == 2)
  }

  @Test func aFileThatAnotherProgramKeepsLockedIsBusyAndThenGoesOn() async throws {
    let file = try await JournalFile.open(directory: directory.state, busySeconds: 1)
    let journal = try await file.begin(sampleSource("7f3c"))
    let other = try OtherProgram(directory.database)
    try other.execute("BEGIN IMMEDIATE")
    let start = ContinuousClock.now
    await #expect(throws: JournalError.busy(path: directory.database, seconds: 1)) {
      try await journal.append(task(1))
    }
    let waited = ContinuousClock.now - start
    #expect(waited >= .seconds(1) && waited < .seconds(10))
    // A reader is not held up by a writer.
    let history = try await RunHistory.open(directory: directory.state, busySeconds: 1)
    #expect(try await history.facts(of: "7f3c").count == 2)
    try other.execute("ROLLBACK")
    try await journal.append(task(1))
    #expect(try await history.facts(of: "7f3c").count == 5)
  }

  @Test func filesystemsOfTheNetworkAreKnown() {
    let mounts = """
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      30 22 0:27 / /home rw shared:9 - nfs4 server:/home rw,vers=4.2
      31 30 8:2 / /home/local rw - xfs /dev/sdb1 rw
      32 22 0:40 / /mnt/far\\040away rw master:2 - fuse.sshfs a@b:/ rw
      33 22 0:41 / /mnt/disk rw - fuseblk /dev/sdc1 rw
      34 22 0:42 / /home/local rw - cifs //x/y rw
      short line
      """
    #expect(Filesystem.kind(of: "/var/lib", mounts: mounts) == "ext4")
    #expect(Filesystem.kind(of: "/home/ada/state", mounts: mounts) == "nfs4")
    #expect(Filesystem.kind(of: "/homes", mounts: mounts) == "ext4")
    #expect(Filesystem.kind(of: "/home/local", mounts: mounts) == "cifs")
    #expect(Filesystem.kind(of: "/mnt/far away/x", mounts: mounts) == "fuse.sshfs")
    #expect(Filesystem.isNetwork("nfs4") && Filesystem.isNetwork("fuse.sshfs"))
    #expect(!Filesystem.isNetwork("ext4") && !Filesystem.isNetwork("fuseblk"))
    #expect(!Filesystem.isNetwork("tmpfs") && !Filesystem.isNetwork("overlay"))
  }
}

/// A connection that is none of ours, and may leave a transaction open.
private struct OtherProgram {
  private let queue: DatabaseQueue

  init(_ path: String) throws {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  func execute(_ sql: String) throws {
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
  }
}
