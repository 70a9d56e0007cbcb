import Foundation
import GRDB
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

/// The process, the machine and the files end at any moment.
@Suite(.serialized) struct CrashTests {
  private let directory = TemporaryDirectory()

  /// Kills a process that appends without end, at a random moment of its work.
  @Test(arguments: 1...8)
  func whatAnAppendReturnedForSurvivesAKill(_ round: Int) async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("7f3c")).release()
    let writer = try await Writer("write", state: directory.state, run: "7f3c")
    await moment(upTo: 150)
    writer.kill()
    await writer.end()

    let (journal, stored) = try await file.takeOver(run: "7f3c")
    expectPrefix(stored.facts, opening: 3)
    let tasks = (stored.facts.count - 3) / 3
    #expect(tasks == writer.acknowledged || tasks == writer.acknowledged + 1)
    try await journal.append([entry(.ownerTook(epoch: 3, process: 1, operator: "root"))])
    let history = try await RunHistory.open(directory: directory.state)
    guard case .intact = try await history.verify("7f3c") else {
      Issue.record("broken")
      return
    }
  }

  /// A power cut leaves some beginning of the log; what lies behind it may be anything.
  @Test func anyBeginningOfTheLogIsABeginningOfTheRun() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    for number in 0..<60 { try await journal.append(task(number)) }
    let main = try Data(contentsOf: URL(fileURLWithPath: directory.database))
    let log = try Data(contentsOf: URL(fileURLWithPath: directory.database + "-wal"))
    let seed = UInt64.random(in: 0...UInt64.max)
    var source = SeededSource(state: seed)
    var longest = 0
    for _ in 0..<60 {
      let copy = TemporaryDirectory()
      try FileManager.default.createDirectory(
        atPath: copy.state, withIntermediateDirectories: true)
      try main.write(to: URL(fileURLWithPath: copy.database))
      let length = Int.random(in: 0...log.count, using: &source)
      let garbage = Data(
        (0..<Int.random(in: 0...9000, using: &source)).map { _ in .random(in: 0...255) })
      try (log.prefix(length) + garbage).write(to: URL(fileURLWithPath: copy.database + "-wal"))
      let reopened = try await JournalFile.open(directory: copy.state)
      let history = try await RunHistory.open(directory: copy.state)
      // The log may begin before the run does.
      guard try await !history.runs().isEmpty else { continue }
      let (_, stored) = try await reopened.takeOver(run: "7f3c")
      expectPrefix(stored.facts, "seed \(seed)")
      longest = max(longest, stored.facts.count)
    }
    #expect(longest > 2, "seed \(seed)")
    await journal.release()
  }

  @Test func aDeletedLogLeavesAnOlderBeginning() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    for number in 0..<10 { try await journal.append(task(number)) }
    try await file.thread.run { () throws(JournalError) in
      try file.connection.read { db in
        _ = try db.checkpoint(.passive)
      }
    }
    for number in 10..<20 { try await journal.append(task(number)) }
    let copy = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: copy.state, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: directory.database, toPath: copy.database)
    let (_, stored) = try await JournalFile.open(directory: copy.state).takeOver(run: "7f3c")
    expectPrefix(stored.facts)
    #expect(stored.facts.count == 2 + 3 * 10)
    await journal.release()
  }

  /// Whole tasks, in order, from the first on: a batch is in the file or it is not.
  private func expectPrefix(_ facts: [Fact], opening: Int = 2, _ comment: Comment? = nil) {
    #expect(facts.count % 3 == opening % 3, comment)
    for (index, fact) in facts.dropFirst(opening).enumerated() {
      #expect(fact == task(index / 3)[index % 3].fact, comment)
    }
  }
}

/// Lets up to so many milliseconds go by: the length does not matter, only that it varies.
private func moment(upTo milliseconds: Int) async {
  try? await Task.sleep(for: .milliseconds(Int.random(in: 0...milliseconds)))
}
