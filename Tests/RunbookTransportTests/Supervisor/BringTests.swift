import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Synchronization
import Testing

@testable import RunbookTransport

/// Bytes of an upload, on a channel of their own, until an action reads them.
@Suite("Bytes for an action", .timeLimit(.minutes(1)))
struct BringTests {
  /// Every byte in every position of a block, and no end of a block at the end.
  private static let bytes: [UInt8] = (0..<300_007).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }

  /// What was read of the local file.
  private final class Source: Sendable {
    let offsets = Mutex<[Int]>([])

    /// - Parameter arrived: asked before it stops: how many bytes are on the host.
    func cargo(
      _ key: String = "k", stopsAt stop: Int = .max,
      arrived: @escaping @Sendable () -> Int = { 0 }
    ) -> Cargo {
      Cargo(
        run: "r", hostName: "h", key: key, size: BringTests.bytes.count,
        read: { (offset, count) async throws(LocalFileProblem) in
          self.offsets.withLock { $0.append(offset) }
          if offset >= stop {
            await waitUntil(.seconds(10)) { arrived() >= stop }
            throw LocalFileProblem(path: "p", reason: "pulled out")
          }
          return Array(BringTests.bytes[offset..<offset + count])
        }, progress: { _ in true })
    }
  }

  private func read(_ station: Station, _ key: String) async throws -> [UInt8] {
    var script = Exchange.Script(text: "cat")
    script.readsInput = true
    let ended = try await station.exchange(key, [.action(script, timeout: nil)])
    #expect(ended.end.status == 0)
    return try await station.streams(key).output
  }

  @Test("are its standard input, whole, and go with it", arguments: Flavour.allCases)
  func arrive(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try await stand.bring(Source().cargo())
      #expect(try await read(station, "k") == Self.bytes)
      #expect(try stand.staged().isEmpty)
      // Any other action has none.
      #expect(try await station.run("cat", key: "other").output == "")
    }
  }

  @Test("are not sent again where they arrived", arguments: Flavour.allCases)
  func goOn(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let source = Source()
      await #expect(throws: CargoProblem.local(LocalFileProblem(path: "p", reason: "pulled out"))) {
        try await stand.bring(
          source.cargo(stopsAt: 200_000) { (try? stand.staged().first) ?? 0 })
      }
      source.offsets.withLock { $0 = [] }
      try await stand.bring(source.cargo())
      let begun = try #require(source.offsets.withLock { $0 }.first)
      #expect(begun >= 196_608 && begun.isMultiple(of: 65_536), "\(begun)")
      #expect(try await read(station, "k") == Self.bytes)
    }
  }

  @Test("sent twice at once are the same", arguments: Flavour.allCases)
  func twice(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      async let first: Void = stand.bring(Source().cargo())
      async let second: Void = stand.bring(Source().cargo())
      _ = try await (first, second)
      #expect(try await read(station, "k") == Self.bytes)
    }
  }

  @Test("are refused where there is no state directory", arguments: Flavour.allCases)
  func nowhere(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      await #expect(throws: CargoProblem.refused("its state directory is gone")) {
        try await stand.bring(Source().cargo())
      }
    }
  }

  @Test("that nobody wants any more stop on their way")
  func unwanted() async throws {
    try await Stand.run(.dash) { stand in
      _ = try await stand.connect()
      var cargo = Source().cargo()
      cargo.size = 1 << 40
      cargo.read = { (_, count) async throws(LocalFileProblem) in
        [UInt8](repeating: 7, count: count)
      }
      cargo.progress = { $0 < 4 << 20 }
      await #expect(throws: CargoProblem.self) { try await stand.bring(cargo) }
    }
  }
}

extension Stand {
  fileprivate func bring(_ cargo: Cargo) async throws {
    let dialer = LocalDialer(
      shell: flavour.shell.split(separator: " ").map(String.init),
      environment: ["HOME": home, "XDG_STATE_HOME": home + "/state"])
    let transport = SupervisedTransport(dialer: dialer, shell: flavour.shell)
    do {
      try await transport.bring(cargo, to: nil)
      await transport.shutDown()
    } catch {
      await transport.shutDown()
      throw error
    }
  }

  /// Sizes of what waits for actions.
  fileprivate func staged() throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: directory())
      .filter { $0.hasSuffix(".tu") }.map { name in
        let path = directory() + "/" + name
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
      }
  }
}
