import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("Actions under the supervisor")
struct ActionTests {
  @Test("the shortest way: one announcement, nothing to read", arguments: Flavour.allCases)
  func nothingToRead(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      #expect(station.facts.bootID.count == 36)
      #expect(station.facts.freeBytes > 0)
      #expect(station.facts.claims.isEmpty)
      let ended = try await station.exchange("1.1", [.run("true")])
      #expect(ended.end == ExchangeEnd(verdict: .complete, status: 0))
      #expect(!ended.hasOutput && !ended.hasLog)
    }
  }

  @Test("output is byte for byte, also without a final newline", arguments: Flavour.allCases)
  func binary(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let made = try await station.run(#"printf 'a\000b\377\r\n\n\ne'; printf 'x\000' >&2"#)
      #expect(made.status == 0)
      let (output, error) = try await station.streams("k", limit: 3)
      #expect(output == [97, 0, 98, 255, 13, 10, 10, 10, 101])
      #expect(error == [120, 0])
    }
  }
}
