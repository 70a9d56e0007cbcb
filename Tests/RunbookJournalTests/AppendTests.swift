import Foundation
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite struct AppendTests {
  private let directory = TemporaryDirectory()

  @Test func aRunIsReadBackAsItWasWritten() async throws {
    let source = sampleSource("7f3c")
    var written = opening(source)
    do {
      let file = try await JournalFile.open(directory: directory.state)
      let journal = try await file.createRun(source)
      try await journal.append(written)
      for number in 0..<20 {
        try await journal.append(task(number))
        written += task(number)
      }
    }
    let file = try await JournalFile.open(directory: directory.state)
    let (journal, stored) = try await file.takeOver(run: "7f3c")
    #expect(stored.source == source)
    #expect(stored.facts == written.map(\.fact))
    #expect(stored.epoch == 2 && journal.epoch == 2)
    #expect(try await journal.output(of: "k7", .output, limit: 1000) == Array("hello\n".utf8))
    #expect(try await journal.output(of: "k7", .output, limit: 4) == Array("hell".utf8))
    #expect(try await journal.output(of: "k7", .error, limit: 4) == [])
  }

  @Test func appendsGoOnAfterATakeOver() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let first = try await file.begin(sampleSource("7f3c"))
    try await first.append(task(1))
    await first.release()
    let (second, _) = try await file.takeOver(run: "7f3c")
    try await second.append(
      [entry(.ownerTook(epoch: 2, process: 1, operator: "root"))] + task(2))
    await second.release()
    let (_, stored) = try await file.takeOver(run: "7f3c")
    #expect(stored.facts.count == 9)
    #expect(stored.epoch == 3)
  }

  @Test func concurrentAppendsAreAllKeptAndInTheCallersOrder() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<50 {
        group.addTask {
          for step in 0..<10 { try await journal.append(task(lane * 10 + step)) }
        }
      }
      try await group.waitForAll()
    }
    await journal.release()
    let (_, stored) = try await file.takeOver(run: "7f3c")
    #expect(stored.facts.count == 2 + 500 * 3)
    for lane in 0..<50 {
      let ended = stored.facts.compactMap { fact -> Int? in
        guard case .taskEnded(let task, _) = fact.event else { return nil }
        let number = Int(task.host!.dropFirst(3))!
        return number / 10 == lane ? number : nil
      }
      #expect(ended == Array(lane * 10..<lane * 10 + 10))
    }
  }

  @Test func whatWaitsAtTheSameTimeIsCommittedTogether() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let before = try commits()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<500 { group.addTask { try await journal.append(task(number)) } }
      try await group.waitForAll()
    }
    let count = try commits() - before
    #expect(count > 0 && count < 50, "\(count) transactions")
    await journal.release()
  }

  /// Transactions in the write-ahead log: frames that say how large the file is after them
  /// (https://www.sqlite.org/fileformat2.html#walformat).
  private func commits() throws -> Int {
    let log = try Data(contentsOf: URL(filePath: directory.state + "/reprise.sqlite-wal"))
    func number(at offset: Int) -> Int { log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    return stride(from: 32, to: log.count, by: 24 + number(at: 8))
      .count { number(at: $0 + 4) != 0 }
  }

  @Test func aTakeOverThatAppendsNothingLeavesNoTrace() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("7f3c")).release()
    for _ in 0..<3 {
      let (journal, stored) = try await file.takeOver(run: "7f3c")
      #expect(stored.epoch == 2)
      await journal.release()
    }
  }

  @Test func aClosedFileLeavesOneFileAndTakesNothingMore() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    try await file.close()
    await #expect(throws: JournalError.self) { try await journal.append(task(1)) }
    await journal.release()
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.state)
    #expect(left == ["reprise.sqlite"])
  }

  @Test func aRunIsNotInTheFileBeforeItsFirstEvent() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.createRun(sampleSource("7f3c"))
    #expect(try await journal.requests() == [])
    await #expect(throws: JournalError.noSuchRun("7f3c", suggestions: [])) {
      _ = try await file.takeOver(run: "7f3c")
    }
    await #expect(throws: JournalError.superseded(run: "7f3c", epoch: 1)) {
      await journal.release()
      try await journal.append(task(1))
    }
  }

  @Test func anOwnerWithAnOlderEpochIsRefused() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    try await file.thread.run { () throws(JournalError) in
      try file.connection.write { db in try db.execute(sql: "UPDATE head SET epoch = 2") }
    }
    await #expect(throws: JournalError.superseded(run: "7f3c", epoch: 1)) {
      try await journal.append(task(1))
    }
    await journal.release()
    let (_, stored) = try await file.takeOver(run: "7f3c")
    #expect(stored.facts.count == 2)
  }
}
