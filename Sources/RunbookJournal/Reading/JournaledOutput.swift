import RunbookCore
import RunbookEngine

/// A place in the output of one stream of an attempt.
package struct OutputPosition: Hashable, Comparable, Sendable {
  /// A new one begins where an action truncated its own output.
  package var generation: Int
  /// Bytes from the generation's start, as the action wrote them.
  package var offset: Int

  package static let start = OutputPosition(generation: 0, offset: 0)

  package init(generation: Int, offset: Int) {
    self.generation = generation
    self.offset = offset
  }

  package static func < (a: Self, b: Self) -> Bool {
    (a.generation, a.offset) < (b.generation, b.offset)
  }
}

/// A part of an attempt's output.
package enum OutputPiece: Hashable, Sendable {
  case bytes([UInt8], at: OutputPosition)
  /// Bytes that were printed and are not in the journal.
  case gap(length: Int, at: OutputPosition)

  /// The position after it.
  package var end: OutputPosition {
    switch self {
    case .bytes(let bytes, let position):
      OutputPosition(generation: position.generation, offset: position.offset + bytes.count)
    case .gap(let length, let position):
      OutputPosition(generation: position.generation, offset: position.offset + length)
    }
  }
}

/// The journaled output of one stream of an attempt, from a position to what is there when its end
/// is reached; read in pages, so that memory stays flat however long it is.
///
///     for try await piece in history.output(of: "7f3c", key: key, .output) { … }
package struct JournaledOutput: AsyncSequence, Sendable {
  package typealias Element = OutputPiece
  package typealias Failure = JournalError

  fileprivate let history: RunHistory
  fileprivate let run: String
  fileprivate let key: AttemptKey
  fileprivate let stream: OutputStream
  fileprivate let start: OutputPosition

  package func makeAsyncIterator() -> Iterator { Iterator(output: self, position: start) }

  package struct Iterator: AsyncIteratorProtocol {
    fileprivate let output: JournaledOutput
    /// Where the next page begins: a follower goes on here when more was journaled.
    package private(set) var position: OutputPosition
    private var pieces: ArraySlice<OutputPiece> = []

    fileprivate init(output: JournaledOutput, position: OutputPosition) {
      self.output = output
      self.position = position
    }

    package mutating func next() async throws(JournalError) -> OutputPiece? {
      if pieces.isEmpty {
        pieces = try await output.history.outputPage(
          of: output.run, key: output.key, output.stream, from: position)[...]
      }
      guard let piece = pieces.popFirst() else { return nil }
      position = piece.end
      return piece
    }
  }
}

extension RunHistory {
  /// The output of an attempt's stream as a sequence of pieces.
  package func output(
    of run: String, key: AttemptKey, _ stream: OutputStream, from start: OutputPosition = .start
  ) -> JournaledOutput {
    JournaledOutput(history: self, run: run, key: key, stream: stream, start: start)
  }

  /// The pieces from a position on, at most `limit` bytes; empty where nothing is there (yet).
  ///
  /// A follower goes on from the last piece's `end`; what one `outputReceived` spoke of is read by
  /// its own position and length.
  package func outputPage(
    of run: String, key: AttemptKey, _ stream: OutputStream, from start: OutputPosition = .start,
    limit: Int = 256 << 10
  ) async throws(JournalError) -> [OutputPiece] {
    try await read { db in
      let name = OutputName(run: try self.number(of: run, db), key: key, stream: stream)
      return try OutputRows.pieces(of: name, from: start, limit: limit, db)
    }
  }
}
