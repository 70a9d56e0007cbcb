import Foundation
import GRDB
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

/// Files of every released version of the schema are opened by this one.
@Suite struct SchemaTests {
  private let directory = TemporaryDirectory()

  private func install(_ fixture: String) throws {
    try FileManager.default.createDirectory(
      atPath: directory.state, withIntermediateDirectories: true)
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(fixture).sql")
    let sql = try String(contentsOf: path, encoding: .utf8)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: directory.database, configuration: configuration)
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
  }

  @Test(arguments: 1...Schema.version)
  func everyVersionHasAFileThatBecomesTheNewest(_ version: Int) async throws {
    try install("version-\(version)")
    let old = try await JournalFile.open(directory: directory.state)
    let fresh = try await JournalFile.open(directory: directory.path + "/fresh")
    #expect(try await schema(of: old) == schema(of: fresh))
  }

  @Test func aRunOfVersion1IsWholeAndReadable() async throws {
    try install("version-1")
    let history = try await RunHistory.open(directory: directory.state)
    let run = try await history.find("hello")
    #expect(run.id == "7f3c" && run.state == .stopped(.detached) && run.isResumable)
    guard case .intact(9, _) = try await history.verify("7f3c") else {
      Issue.record("broken")
      return
    }
    #expect(
      try await history.facts(of: "7f3c").map(\.fact.event) == [
        .runStarted(sampleSource("7f3c").description),
        .ownerTook(epoch: 1, process: 4711, operator: "root"), .locksTaken(["cluster"]),
        .attemptStarted(
          TaskID("greet", host: "db-1"), Attempt(key: "k1", number: 1, purpose: .forward)),
        .outputReceived(key: "k1", .output, generation: 0, offset: 0, length: 6),
        .taskEnded(TaskID("greet", host: "db-1"), .done), .confirmed(TaskID("stop"), by: "ada"),
        .outputSkipped(key: "k1", .output, generation: 0, offset: 6, length: 9, reason: .limit),
        .ownerLeft(.detached),
      ])
    #expect(try await history.answer(to: 1) == .event(7))
    #expect(try await history.answer(to: 2) == nil)
  }

  @Test func theSummaryOfARunOfVersion1CanBeMadeAnew() async throws {
    try install("version-1")
    let history = try await RunHistory.open(directory: directory.state)
    let before = try await history.runs()
    try await JournalFile.open(directory: directory.state).rebuildProjection()
    #expect(try await history.runs() == before)
  }

  private func schema(of file: JournalFile) async throws -> [String] {
    try await file.thread.run { () throws(JournalError) in
      try file.connection.read { db in
        let rows = try String.fetchAll(
          db, sql: "SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name")
        return rows + ["\(try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0)"]
      }
    }
  }
}
