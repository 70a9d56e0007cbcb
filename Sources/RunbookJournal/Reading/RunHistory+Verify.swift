import GRDB
import RunbookCore
import RunbookEngine

import struct Foundation.Data

/// What a look at every stored byte of a run found.
package enum ChainVerdict: Hashable, Sendable {
  /// Everything is as it was written; `head` is the hash of the last event, for a report.
  case intact(events: Int, head: [UInt8])
  /// The first thing that is not.
  case broken(ChainBreach)
}

extension RunHistory {
  /// Reads a run from its first event to its last, its output too, and follows the chain.
  ///
  /// A run may be written meanwhile: it is read in short pieces, up to the events that are there
  /// when they are reached.
  package func verify(_ run: String) async throws(JournalError) -> ChainVerdict {
    do {
      var check = try await read { db in
        let (source, start) = try StoredRows.source(try self.number(of: run, db), db)
        return Verdict { () throws(ChainBreach) in try ChainCheck(source, start: start) }
      }.get()
      while true {
        let before = check
        let (next, isLast) = try await read { db in
          try self.verifyPage(of: run, before, db)
        }.get()
        check = next
        if isLast { return .intact(events: check.sequence, head: check.hash) }
      }
    } catch let breach as ChainBreach {
      return .broken(breach)
    } catch let error as JournalError {
      throw error
    } catch {
      throw .other("\(error)")
    }
  }

  private typealias Verdict<Success> = Result<Success, ChainBreach>

  /// The next thousand events, and whether they are the last.
  private func verifyPage(
    of run: String, _ start: ChainCheck, _ db: Database
  ) throws -> Verdict<(ChainCheck, isLast: Bool)> {
    let number = try number(of: run, db)
    var check = start
    do {
      var isLast = true
      try StoredRows.forEachEvent(of: number, after: start.sequence, db) { row in
        guard row.sequence - start.sequence <= 1000 else {
          isLast = false
          return false
        }
        try check.take(row)
        try verifyOutput(of: row, run: number, db)
        return true
      }
      if isLast { try check.end(at: StoredRows.head(number, db)) }
      return .success((check, isLast))
    } catch let breach as ChainBreach {
      return .failure(breach)
    }
  }

  private func verifyOutput(of row: EventRow, run: Int, _ db: Database) throws {
    guard let digest = row.output else { return }
    let event = try row.fact(path: connection.path).event
    guard case .outputReceived(let key, let stream, let generation, let offset, _) = event else {
      throw ChainBreach.event(row.sequence)
    }
    let name = OutputName(run: run, key: key, stream: stream)
    let bytes = try OutputRows.piece(of: name, generation: generation, offset: offset, db)
    guard let bytes, SHA256.hash(bytes) == digest else {
      throw ChainBreach.output(event: row.sequence)
    }
  }
}
