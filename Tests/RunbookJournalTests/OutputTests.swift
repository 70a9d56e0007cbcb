import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite struct OutputTests {
  private let directory = TemporaryDirectory()

  private func received(
    _ generation: Int, _ offset: Int, _ text: String, _ stream: OutputStream = .output
  ) -> JournalEntry {
    let bytes = Array(text.utf8)
    return entry(
      .outputReceived(
        key: "k", stream, generation: generation, offset: offset, length: bytes.count),
      output: bytes)
  }

  private func position(_ generation: Int, _ offset: Int) -> OutputPosition {
    OutputPosition(generation: generation, offset: offset)
  }

  private func history(_ entries: [JournalEntry]) async throws -> RunHistory {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    try await journal.append(entries)
    await journal.release()
    return try await RunHistory.open(directory: directory.state)
  }

  private func collect(_ output: JournaledOutput) async throws -> [OutputPiece] {
    var pieces: [OutputPiece] = []
    for try await piece in output { pieces.append(piece) }
    return pieces
  }

  @Test func outputIsReadInOrderWithItsGapsAndGenerations() async throws {
    let history = try await history([
      received(0, 0, "head"), received(0, 0, "err", .error),
      entry(
        .outputSkipped(key: "k", .output, generation: 0, offset: 4, length: 100, reason: .limit)),
      received(0, 104, "tail"),
      entry(.outputReceived(key: "k", .output, generation: 1, offset: 0, length: 0)),
      received(1, 0, "new"), received(1, 5, "lost before"),
    ])
    let pieces = try await collect(history.output(of: "7f3c", key: "k", .output))
    #expect(
      pieces == [
        .bytes(Array("head".utf8), at: position(0, 0)), .gap(length: 100, at: position(0, 4)),
        .bytes(Array("tail".utf8), at: position(0, 104)),
        .bytes(Array("new".utf8), at: position(1, 0)), .gap(length: 2, at: position(1, 3)),
        .bytes(Array("lost before".utf8), at: position(1, 5)),
      ])
    let errors = try await collect(history.output(of: "7f3c", key: "k", .error))
    #expect(errors == [.bytes(Array("err".utf8), at: position(0, 0))])
    #expect(try await collect(history.output(of: "7f3c", key: "none", .error)) == [])
  }

  @Test func outputIsReadFromAnyPosition() async throws {
    let history = try await history([
      received(0, 0, "abc"), received(0, 3, "def"),
      entry(.outputSkipped(key: "k", .output, generation: 0, offset: 6, length: 4, reason: .limit)),
      received(0, 10, "gh"), received(1, 0, "ij"),
    ])
    let whole = Array("abcdef....gh".utf8)
    for start in 0...12 {
      var rest: [UInt8] = []
      for piece in try await collect(
        history.output(of: "7f3c", key: "k", .output, from: position(0, start)))
      {
        switch piece {
        case .bytes(let bytes, at: let place): if place.generation == 0 { rest += bytes }
        case .gap(let length, _): rest += Array(repeating: UInt8(ascii: "."), count: length)
        }
      }
      #expect(rest == Array(whole[start...]))
    }
    let end = try await collect(
      history.output(of: "7f3c", key: "k", .output, from: position(1, 2)))
    #expect(end == [])
  }

  @Test func aPageIsBoundedAndThePiecesOfOneEventCanBeReadAlone() async throws {
    let history = try await history([received(0, 0, "abcdef"), received(0, 6, "ghi")])
    let page = try await history.outputPage(
      of: "7f3c", key: "k", .output, from: position(0, 2), limit: 3)
    #expect(page == [.bytes(Array("cde".utf8), at: position(0, 2))])
    let piece = try await history.outputPage(
      of: "7f3c", key: "k", .output, from: position(0, 6), limit: 3)
    #expect(piece == [.bytes(Array("ghi".utf8), at: position(0, 6))])
  }

  @Test func aLongOutputIsReadInPages() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let chunk = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for number in 0..<160 {
      try await journal.append([
        entry(
          .outputReceived(
            key: "k", .output, generation: 0, offset: number * chunk.count, length: chunk.count),
          output: chunk)
      ])
    }
    let history = try await RunHistory.open(directory: directory.state)
    var length = 0
    for try await piece in history.output(of: "7f3c", key: "k", .output) {
      guard case .bytes(let bytes, _) = piece else { continue }
      #expect(bytes == chunk)
      length += bytes.count
    }
    #expect(length == 160 * chunk.count)
    #expect(
      try await history.verify("7f3c")
        == .intact(events: 162, head: try await head(of: history)))
    await journal.release()
  }

  private func head(of history: RunHistory) async throws -> [UInt8] {
    try await history.read { db in try StoredRows.head(1, db)!.hash }
  }
}
