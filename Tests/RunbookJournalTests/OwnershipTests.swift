import Foundation
import RunbookCore
import RunbookEngine
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
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/sh")
    let output = Pipe()
    let input = Pipe()
    child.arguments = ["-c", "ls -l /proc/self/fd; read line"]
    child.standardOutput = output
    child.standardInput = input
    try child.run()
    await journal.release()
    // The child still lives.
    _ = try await file.takeOver(run: "7f3c")
    input.fileHandleForWriting.closeFile()
    let listing = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    child.waitUntilExit()
    #expect(!listing.contains("reprise.sqlite") && !listing.contains(".lock"))
  }

  @Test func anotherProcessIsNamedAndWhetherItIsStopped() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("7f3c")).release()
    let bell = Doorbell(directory.path + "/bell")
    async let child = #expect(processExitsWith: .signal(SIGKILL)) {
      [bell = bell as Doorbell, state = directory.state as String] in
      let file = try await JournalFile.open(directory: state)
      let (journal, _) = try await file.takeOver(run: "7f3c")
      bell.ring(Int(getpid()))
      poll(nil, 0, 20_000)
      await journal.release()
    }
    let process = try #require(await bell.answered())
    await #expect(throws: JournalError.owned(run: "7f3c", process: process, isStopped: false)) {
      _ = try await file.takeOver(run: "7f3c")
    }
    kill(pid_t(process), SIGSTOP)
    // The signal is sent to one of its threads; the kernel stops the others in its own time.
    for _ in 0..<10_000 where !RunOwner.isStopped(process) { sched_yield() }
    await #expect(throws: JournalError.owned(run: "7f3c", process: process, isStopped: true)) {
      _ = try await file.takeOver(run: "7f3c")
    }
    kill(pid_t(process), SIGKILL)
    _ = await child
    _ = try await file.takeOver(run: "7f3c")
  }

  @Test func anOwnerThatDiedLeavesAFileThatIsNoLock() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("7f3c")).release()
    try "999999\n".write(toFile: directory.state + "/7f3c.lock", atomically: false, encoding: .utf8)
    _ = try await file.takeOver(run: "7f3c")
  }
}
