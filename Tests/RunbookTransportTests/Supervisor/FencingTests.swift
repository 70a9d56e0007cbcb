import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("What older owners and other boots have left")
struct FencingTests {
  @Test("an older epoch is refused, at the greeting and later", arguments: Flavour.allCases)
  func epochs(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let old = try await stand.connect(epoch: 65_537)
      _ = try await old.exchange("a", [.run("true")])
      let new = try await stand.connect(epoch: 131_073)
      let code = "echo late >>\"$HOME/late\""
      old.send("b", [.run(code)])
      old.link.send(.look(Look(key: "a")))
      old.link.send(.discard(keys: ["a"]))
      old.link.send(.farewell)
      old.link.send(.ping(1))
      for _ in 0..<3 {
        let known: Int = try await old.reports.next("a refusal") { report in
          if case .stale(let known) = report { known } else { nil }
        }
        #expect(known == 131_073)
      }
      #expect(try await new.look("a").end?.status == 0)
      #expect(try await new.look("b").claim == .absent)
      #expect(stand.text("late") == nil)
      await #expect(throws: TransportError.stale(knownEpoch: 131_073)) {
        _ = try await stand.connect(epoch: 65_538)
      }
      #expect(try await new.exchange("c", [.run("true")]).end.status == 0)
    }
  }

  @Test("a late frame to a removed directory does nothing", arguments: Flavour.allCases)
  func farewell(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let old = try await stand.connect(epoch: 1)
      _ = try await old.exchange("a", [.run("true")])
      let new = try await stand.connect(epoch: 2)
      new.link.send(.farewell)
      await new.link.close()
      #expect(!FileManager.default.fileExists(atPath: stand.path("state/reprise")))
      let late = try await old.exchange("a", [.run("echo late >>\"$HOME/late\"")])
      #expect(late.end.verdict == .notStarted("the state directory is gone"))
      let seen = try await old.look("a")
      #expect(seen.claim == .absent && !seen.wrapperIsAlive)

      let next = try await stand.connect(epoch: 3)
      #expect(next.facts.directoryID != new.facts.directoryID)
      #expect(next.facts.claims.isEmpty)
      let later = try await old.exchange("a", [.run("echo late >>\"$HOME/late\"")])
      #expect(later.end.verdict == .notStarted("the state directory is gone"))
      #expect(stand.text("late") == nil)
    }
  }

  @Test("another boot id: nobody is alive, whatever has the numbers", arguments: Flavour.allCases)
  func reboot(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      try stand.write("boot", "first-boot\n")
      let variables = ["REPRISE_BOOT_ID_FILE": stand.path("boot")]
      let first = try await stand.connect(environment: variables)
      #expect(first.facts.bootID == "first-boot")
      try stand.write("wait")
      first.send("k", [.run(RecoveryTests.waits)])
      _ = try await first.exchange("l", [.run("echo $REPRISE_BOOT_ID_FILE; exit 4").withoutUnset])
      _ = try await first.look("k") { $0.outputSize == 6 }
      try stand.write("boot", "second-boot\n")
      let seen = try await first.look("k")
      #expect(seen.bootID == "second-boot")
      #expect(seen.claim == .present && !seen.wrapperIsAlive && seen.actionIsAlive == false)
      let second = try await stand.connect(epoch: 2, environment: variables)
      #expect(second.facts.bootID == "second-boot")
      #expect(second.facts.directoryID == first.facts.directoryID)
      #expect(second.facts.claims.sorted() == ["k", "l"])
      let ended = try await second.look("l")
      #expect(ended.end?.status != nil)
      #expect(try await second.exchange("k", [.run("true")]).end.verdict == .alreadyClaimed)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let action = try #require(HostProcess.action(stand, "k"))
      #expect(await waitUntil(.seconds(10)) { !HostProcess.isAlive(action) })
    }
  }

  @Test("power loss: records that are not complete are no records", arguments: Flavour.allCases)
  func torn(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      _ = try await station.exchange("a", [.run("true")])
      try Data().write(to: URL(fileURLWithPath: stand.directory() + "/a.c"))
      let seen = try await station.look("a")
      #expect(seen.claim == .torn)
      #expect(try await station.exchange("a", [.run("true")]).end.verdict == .alreadyClaimed)
      try Data().write(to: URL(fileURLWithPath: stand.directory() + "/id"))
      let next = try await stand.connect(epoch: 2)
      #expect(next.facts.directoryID != station.facts.directoryID)
      #expect(next.facts.claims == ["a"])
    }
  }

  @Test("after the outcome only output goes", arguments: Flavour.allCases)
  func discard(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      for key in ["1.1", "11.1"] {
        _ = try await station.exchange(
          key, [.ask(.require, "echo a"), .run("head -c 9000000 /dev/zero")])
      }
      station.link.send(.punch(key: "1.1", stream: .output, offset: 8_000_000))
      #expect(try await station.look(Look(key: "1.1", outputOffset: 8_999_999)).output == [0])
      station.link.send(.discard(keys: ["1.1"]))
      let seen = try await station.look("1.1") { $0.outputSize == 0 && $0.logSize == 0 }
      #expect(seen.claim == .present)
      #expect(seen.end?.outputSize == 9_000_000)
      #expect(try await station.look("11.1").outputSize == 9_000_000)
      let left = try FileManager.default.contentsOfDirectory(atPath: stand.directory())
        .filter { $0.hasPrefix("1_1") }
      #expect(left.sorted() == ["1_1.c", "1_1.w"])
    }
  }
}

extension Exchange.Item {
  /// The same, with an unset variable in it allowed.
  fileprivate var withoutUnset: Exchange.Item {
    guard case .action(var script, let timeout) = self else { return self }
    script.text = "set +u; " + script.text
    return .action(script, timeout: timeout)
  }
}
