import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookJournal

@Suite struct OwnershipTests {
  private let directory = TemporaryDirectory()

  @Test func aSecondOwnerIsRefusedWithTheFirstOnesProcess() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let other = try await JournalFile.open(directory: directory.state)
    let expected = JournalError.owned(run: "7f3c", process: Int(getpid()), isStopped: false)
    await #expect(throws: expected) { _ = try await other.takeOver(run: "7f3c") }
    await journal.release()
    _ = try await other.takeOver(run: "7f3c")
  }

  @Test func theLockGoesWithTheLastReference() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    do { _ = try await file.begin(sampleSource("7f3c")) }
    _ = try await file.takeOver(run: "7f3c")
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.state)
    #expect(left.allSatisfy { !$0.hasSuffix(".lock") })
  }

  @Test func aChildProcessInheritsNeitherTheLockNorTheFile() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let bell = Doorbell(directory.path + "/bell")
    let listing = directory.path + "/listing"
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/sh")
    child.arguments = [
      "-c", "ls -l /proc/$$/fd > \(listing); printf 12345678 > \(bell.path); exec sleep 30",
    ]
    try child.run()
    defer { child.terminate() }
    _ = try #require(await bell.answered())
    let descriptors = try String(contentsOfFile: listing, encoding: .utf8)
    #expect(!descriptors.contains("reprise.sqlite") && !descriptors.contains(".lock"))
    await journal.release()
    #expect(child.isRunning)
    _ = try await file.takeOver(run: "7f3c")
  }

  @Test func anotherProcessIsNamedAndWhetherItIsStopped() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("7f3c")).release()
    let owner = try await Writer("hold", state: directory.state, run: "7f3c")
    await #expect(
      throws: JournalError.owned(run: "7f3c", process: owner.process, isStopped: false)
    ) { _ = try await file.takeOver(run: "7f3c") }
    owner.kill(SIGSTOP)
    // The kernel stops its threads in its own time.
    #expect(await waitUntil(.seconds(60)) { RunOwner.isStopped(owner.process) })
    await #expect(
      throws: JournalError.owned(run: "7f3c", process: owner.process, isStopped: true)
    ) { _ = try await file.takeOver(run: "7f3c") }
    owner.kill()
    await owner.end()
    _ = try await file.takeOver(run: "7f3c")
  }

  @Test func anOwnerThatDiedLeavesAFileThatIsNoLock() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("7f3c")).release()
    try "999999\n".write(toFile: directory.state + "/7f3c.lock", atomically: false, encoding: .utf8)
    _ = try await file.takeOver(run: "7f3c")
  }
}
