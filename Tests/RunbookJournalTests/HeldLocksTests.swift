import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite struct HeldLocksTests {
  private let directory = TemporaryDirectory()

  private func took(_ epoch: Int) -> JournalEntry {
    entry(.ownerTook(epoch: epoch, process: 1, operator: "root"))
  }

  private func beginning(_ source: RunSource, _ names: String...) -> [JournalEntry] {
    opening(source) + [entry(.locksTaken(names))]
  }

  @Test func aRunWhoseLockAnotherHoldsDoesNotBegin() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let holder = try await file.createRun(sampleSource("aaa1"))
    try await holder.append(beginning(sampleSource("aaa1"), "cluster", "site"))
    let other = try await file.createRun(sampleSource("bbb2"))
    await #expect(throws: JournalError.lockHeld(name: "cluster", run: "aaa1")) {
      try await other.append(beginning(sampleSource("bbb2"), "printer", "cluster"))
    }
    let history = try await RunHistory.open(directory: directory.state)
    #expect(try await history.runs().map(\.id) == ["aaa1"])
    // Nothing of the refused batch was kept, not the other lock either.
    let third = try await file.createRun(sampleSource("ccc3"))
    try await third.append(beginning(sampleSource("ccc3"), "printer"))
  }

  @Test func aLockOutlivesItsProcessAndGoesWithTheRunsEnd() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let holder = try await file.createRun(sampleSource("aaa1"))
    try await holder.append(beginning(sampleSource("aaa1"), "cluster"))
    await holder.release()
    let other = try await file.createRun(sampleSource("bbb2"))
    await #expect(throws: JournalError.lockHeld(name: "cluster", run: "aaa1")) {
      try await other.append(beginning(sampleSource("bbb2"), "cluster"))
    }
    let (resumed, _) = try await file.takeOver(run: "aaa1")
    try await resumed.append([took(2), entry(.locksTaken(["cluster"]))])
    try await resumed.append([entry(.runEnded(.failed))])
    try await other.append(beginning(sampleSource("bbb2"), "cluster"))
  }

  @Test func aFailedRunIsNotResumedWhileAnotherHoldsItsLock() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let first = try await file.createRun(sampleSource("aaa1"))
    try await first.append(beginning(sampleSource("aaa1"), "cluster"))
    try await first.append([entry(.runEnded(.failed))])
    await first.release()
    let second = try await file.createRun(sampleSource("bbb2"))
    try await second.append(beginning(sampleSource("bbb2"), "cluster"))
    let (resumed, _) = try await file.takeOver(run: "aaa1")
    await #expect(throws: JournalError.lockHeld(name: "cluster", run: "bbb2")) {
      try await resumed.append([took(2), entry(.locksTaken(["cluster"]))])
    }
    await resumed.release()
    try await second.append([entry(.runEnded(.succeeded))])
    let (again, stored) = try await file.takeOver(run: "aaa1")
    #expect(stored.epoch == 2)
    try await again.append([took(2), entry(.locksTaken(["cluster"]))])
  }

  @Test func theLocksMadeAnewAreTheOnesThatWereKept() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let first = try await file.createRun(sampleSource("aaa1"))
    try await first.append(beginning(sampleSource("aaa1"), "cluster", "site"))
    try await first.append([entry(.runEnded(.failed))])
    let second = try await file.createRun(sampleSource("bbb2"))
    try await second.append(beginning(sampleSource("bbb2"), "cluster"))
    try await second.append([entry(.locksTaken(["cluster", "more"]))])
    let kept = try await held(file)
    try await file.rebuildProjection()
    #expect(try await held(file) == kept)
    #expect(kept == ["cluster bbb2", "more bbb2"])
  }

  private func held(_ file: JournalFile) async throws -> [String] {
    try await file.thread.run { () throws(JournalError) in
      try file.connection.read { db in
        try String.fetchAll(
          db,
          sql: """
            SELECT name || ' ' || id FROM held JOIN run ON number = held.run ORDER BY name
            """)
      }
    }
  }
}
