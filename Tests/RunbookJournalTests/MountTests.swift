import Foundation
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

/// What needs a filesystem of its own: mounted by the test where it may, else the test is skipped
/// with the reason.
@Suite struct MountTests {
  static let canMount: Bool = {
    guard let mount = try? TemporaryMount(megabytes: 1) else {
      print("MountTests are skipped: this process may not mount a tmpfs")
      return false
    }
    return FileManager.default.fileExists(atPath: mount.path)
  }()

  @Test(.enabled(if: canMount)) func aFullDiskLosesNothingAndTheRunGoesOnWhenThereIsRoom()
    async throws
  {
    let mount = try TemporaryMount(megabytes: 2)
    let filler = mount.path + "/filler"
    _ = FileManager.default.createFile(atPath: filler, contents: Data(count: 1 << 20))
    let file = try await JournalFile.open(directory: mount.path + "/state")
    let journal = try await file.begin(sampleSource("7f3c"))
    var written = 0
    var failure: JournalError?
    do throws(JournalError) {
      while written < 1000 {
        try await journal.append(task(written, output: Array(repeating: 7, count: 10_000)))
        written += 1
      }
    } catch {
      failure = error
    }
    #expect(failure == .full(path: mount.path + "/state/reprise.sqlite"))
    #expect(written > 5)
    let history = try await RunHistory.open(directory: mount.path + "/state")
    #expect(try await history.facts(of: "7f3c").count == 2 + 3 * written)
    try FileManager.default.removeItem(atPath: filler)
    try await journal.append(task(written))
    await journal.release()
    let (_, stored) = try await file.takeOver(run: "7f3c")
    #expect(stored.facts.count == 2 + 3 * (written + 1))
    guard case .intact = try await history.verify("7f3c") else {
      Issue.record("broken")
      return
    }
  }

  @Test(.enabled(if: canMount)) func aDiskThatIsFullAtTheStartIsSaid() async throws {
    let mount = try TemporaryMount(megabytes: 1)
    var size = 1 << 20
    while size > 0, !fill(mount.path + "/filler-\(size)", size) { size /= 2 }
    while fill(mount.path + "/filler-\(Int.random(in: 0...Int.max))", 4096) {}
    await #expect {
      _ = try await JournalFile.open(directory: mount.path)
    } throws: { error in
      if case JournalError.full = error { true } else { false }
    }
  }

  @Test(.enabled(if: canMount)) func aReadOnlyDirectoryIsReadAndNotWritten() async throws {
    let mount = try TemporaryMount(megabytes: 4)
    let file = try await JournalFile.open(directory: mount.path)
    let journal = try await file.begin(sampleSource("7f3c"))
    try await journal.append(task(1))
    await journal.release()
    try await file.close()
    try mount.makeReadOnly()
    await #expect(
      throws: JournalError.notWritable(path: mount.path, reason: "Read-only file system")
    ) { _ = try await JournalFile.open(directory: mount.path) }
    let history = try await RunHistory.open(directory: mount.path)
    #expect(try await history.runs().map(\.id) == ["7f3c"])
    #expect(try await history.facts(of: "7f3c").count == 5)
  }

  private func fill(_ path: String, _ size: Int) -> Bool {
    FileManager.default.createFile(atPath: path, contents: Data(count: size))
  }
}

/// A tmpfs of a given size, unmounted with the last reference.
final class TemporaryMount {
  let path: String
  private let directory = TemporaryDirectory()

  struct Refused: Error { var status: CInt }

  init(megabytes: Int) throws {
    path = directory.path + "/mount"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "reprise-test", path)
  }

  deinit { try? run("umount", "-l", path) }

  func makeReadOnly() throws { try run("mount", "-o", "remount,ro", path) }

  private func run(_ command: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Refused(status: process.terminationStatus)
    }
  }
}
