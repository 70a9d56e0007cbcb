import Foundation
import GRDB
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite struct DamageTests {
  private let directory = TemporaryDirectory()

  /// A run of 17 events, closed, all of it in the main file.
  private func makeRun() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    for number in 0..<5 { try await journal.append(task(number)) }
    await journal.release()
    try await file.close()
  }

  private func change(_ sql: String) throws {
    let queue = try DatabaseQueue(path: directory.database)
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: sql)
      try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  private func expectDamage(_ work: () async throws -> Void) async {
    await #expect {
      try await work()
    } throws: { error in
      if case JournalError.damaged = error { true } else { false }
    }
  }

  @Test(arguments: [
    (
      "UPDATE event SET body = CAST(replace(body, 'db-1', 'db-7') AS BLOB) WHERE sequence = 6",
      ChainBreach.event(6)
    ),
    ("UPDATE event SET time = time + 1 WHERE sequence = 3", .event(3)),
    ("UPDATE event SET hash = zeroblob(32) WHERE sequence = 17", .event(17)),
    ("UPDATE event SET output = zeroblob(32) WHERE sequence = 4", .event(4)),
    ("DELETE FROM event WHERE sequence = 9", .missing(9)),
    ("DELETE FROM event WHERE sequence > 15", .missing(16)),
    ("UPDATE head SET hash = zeroblob(32)", .event(17)),
    ("UPDATE run SET plan = CAST(replace(plan, 'echo', 'fcho') AS BLOB)", .source),
    (
      "UPDATE output SET bytes = CAST('jello' || char(10) AS BLOB) WHERE key = 'k2'",
      .output(event: 10)
    ),
    ("DELETE FROM output WHERE key = 'k3'", .output(event: 13)),
  ])
  func aChangedByteIsFoundAndNamed(_ sql: String, _ breach: ChainBreach) async throws {
    try await makeRun()
    try change(sql)
    let history = try await RunHistory.open(directory: directory.state)
    #expect(try await history.verify("7f3c") == .broken(breach))
    // A resume reads all events, but not all output: hours of it may be there.
    if case .output = breach { return }
    let file = try await JournalFile.open(directory: directory.state)
    let expected = JournalError.damaged(
      path: directory.database, detail: breach.detail("7f3c"))
    await #expect(throws: expected) { _ = try await file.takeOver(run: "7f3c") }
  }

  @Test func anIntactRunVerifies() async throws {
    try await makeRun()
    let history = try await RunHistory.open(directory: directory.state)
    guard case .intact(17, let head) = try await history.verify("7f3c") else {
      Issue.record("not intact")
      return
    }
    #expect(head.count == 32)
  }

  @Test func aTruncatedFileIsDamaged() async throws {
    try await makeRun()
    let size = try Data(contentsOf: URL(fileURLWithPath: directory.database)).count
    truncate(directory.database, off_t(size / 2))
    await expectDamage { _ = try await JournalFile.open(directory: directory.state) }
    await expectDamage { _ = try await RunHistory.open(directory: directory.state) }
  }

  @Test func anOverwrittenHeaderIsDamaged() async throws {
    try await makeRun()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory.database))
    try file.write(contentsOf: Data(repeating: 0x2A, count: 100))
    try file.close()
    await expectDamage { _ = try await JournalFile.open(directory: directory.state) }
    await expectDamage { _ = try await RunHistory.open(directory: directory.state) }
  }

  @Test func anotherProgramsFileIsNotTouched() async throws {
    try FileManager.default.createDirectory(
      atPath: directory.state, withIntermediateDirectories: true)
    let queue = try DatabaseQueue(path: directory.database)
    try await queue.write { db in try db.execute(sql: "CREATE TABLE note (text TEXT)") }
    await expectDamage { _ = try await JournalFile.open(directory: directory.state) }
    let tables = try await queue.read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema")
    }
    #expect(tables == ["note"])
  }

  @Test func aFileOfANewerVersionIsRefused() async throws {
    try await makeRun()
    try change("PRAGMA user_version = 99")
    let expected = JournalError.newerVersion(
      path: directory.database, found: 99, supported: Schema.version)
    await #expect(throws: expected) { _ = try await JournalFile.open(directory: directory.state) }
    await #expect(throws: expected) { _ = try await RunHistory.open(directory: directory.state) }
  }

  @Test func anEventOfANewerVersionIsRefused() async throws {
    #expect(
      throws: JournalError.newerVersion(
        path: "x", found: Schema.version + 1, supported: Schema.version)
    ) { try EventCoding.stored(Array(#"{"event":"hostDanced"}"#.utf8), path: "x") }
  }

  /// Whatever byte of the file changes: it is read, or refused with an error; nothing crashes.
  @Test func anyFlippedByteIsFoundOrHarmless() async throws {
    try await makeRun()
    let intact = try Data(contentsOf: URL(fileURLWithPath: directory.database))
    try #require(intact.count > 40_000)
    let before = try await RunHistory.open(directory: directory.state).verify("7f3c")
    let facts = try await RunHistory.open(directory: directory.state).facts(of: "7f3c")
    let seed = UInt64.random(in: 0...UInt64.max)
    var source = SeededSource(state: seed)
    for _ in 0..<60 {
      var bytes = intact
      bytes[Int.random(in: 0..<bytes.count, using: &source)] ^=
        1 << UInt8.random(in: 0..<8, using: &source)
      let copy = TemporaryDirectory()
      try FileManager.default.createDirectory(
        atPath: copy.state, withIntermediateDirectories: true)
      try bytes.write(to: URL(fileURLWithPath: copy.database))
      do {
        let history = try await RunHistory.open(directory: copy.state)
        _ = try await history.runs()
        if try await history.verify("7f3c") == before {
          #expect(try await history.facts(of: "7f3c") == facts, "seed \(seed)")
        }
        let file = try await JournalFile.open(directory: copy.state)
        let (journal, _) = try await file.takeOver(run: "7f3c")
        _ = try await journal.requests()
      } catch {}
    }
  }
}

/// Splitmix64: a failure can be had again from its seed.
struct SeededSource: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
