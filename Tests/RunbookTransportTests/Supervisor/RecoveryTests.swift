import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("What a supervisor leaves for the next link")
struct RecoveryTests {
  private static let waits =
    "echo $$ >>\"$HOME/pids\"; echo begin; while [ -e \"$HOME/wait\" ]; do sleep 0.05; done; echo end; exit 7"

  @Test("loop killed: the task goes on and is followed on a new link", arguments: Flavour.allCases)
  func loopKilled(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let first = try await stand.connect(epoch: 1)
      try stand.write("wait")
      first.send("k", [.run(Self.waits)])
      _ = try await first.look("k") { $0.outputSize == 6 }
      let action = try #require(HostProcess.action(stand, "k"))
      let loop = try #require(HostProcess.loop(stand))
      kill(loop, SIGKILL)
      _ = try await first.reports.lost()

      let second = try await stand.connect(epoch: 2)
      #expect(second.facts.directoryID == first.facts.directoryID)
      #expect(second.facts.claims == ["k"])
      let alive = try await second.look("k")
      #expect(alive.claim == .present && alive.wrapperIsAlive && alive.actionIsAlive == true)
      #expect(alive.end == nil)
      #expect(HostProcess.isAlive(action))
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let ended = try await second.look("k") { $0.end != nil }
      #expect(ended.end?.status == 7)
      #expect(ended.output == Array("begin\nend\n".utf8))
      #expect(stand.text("pids") == "\(action)\n")
      let after = try await second.look("k") { !$0.wrapperIsAlive }
      #expect(after.actionIsAlive == false)
    }
  }

  @Test("link closed: actions go on, the loop ends", arguments: Flavour.allCases)
  func detached(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let first = try await stand.connect(epoch: 1)
      try stand.write("wait")
      first.send("k", [.run(Self.waits)])
      _ = try await first.look("k") { $0.outputSize == 6 }
      let loop = try #require(HostProcess.loop(stand))
      await first.link.close()
      #expect(await waitUntil(.seconds(10)) { !HostProcess.isAlive(loop) })
      let second = try await stand.connect(epoch: 2)
      #expect(try await second.look("k").wrapperIsAlive)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      _ = try await second.look("k") { $0.end?.status == 7 }
    }
  }

  @Test("wrapper killed, the group alive, then dead", arguments: Flavour.allCases)
  func wrapperKilled(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      // The leader ends, a member of its group goes on.
      station.send("k", [.run("(\(Self.waits)) & exit 0")])
      _ = try await station.ended("k")
      #expect(try await station.look("k").actionIsAlive == true)

      station.send("l", [.run(Self.waits)])
      _ = try await station.look("l") { $0.outputSize == 6 }
      kill(try #require(HostProcess.wrapper(stand, "l")), SIGKILL)
      let left = try await station.look("l") { !$0.wrapperIsAlive }
      #expect(left.claim == .present && left.end == nil && left.actionStatus == nil)
      #expect(left.actionIsAlive == true)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let gone = try await station.look("l") { $0.actionIsAlive == false }
      #expect(gone.end == nil)
      _ = try await station.look("k") { $0.actionIsAlive == false }
    }
  }

  @Test("a runner that died loses no exchange", arguments: Flavour.allCases)
  func runnerKilled(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      _ = try await station.run("true", key: "a", ["kept": "1"])
      let runner = try #require(HostProcess.wrapper(stand, "a"))
      // Stopped, it takes nothing: the exchange stays in its pipe and is lost with it.
      kill(runner, SIGSTOP)
      station.send("k", [.run("echo \"$kept $own\"")], ["kept": "1", "own": "2"])
      let waiting = try await station.look("k")
      #expect(waiting.wrapperIsAlive && waiting.claim == .absent)
      kill(runner, SIGKILL)
      let gone = try await station.look("k") { !$0.wrapperIsAlive }
      #expect(gone.claim == .absent && gone.end == nil)
      // What the engine does then, and another one while that key still counts as the runner's.
      for key in ["k", "l", "m"] {
        let made = try await station.run(
          "echo \"$kept $own\"", key: key, ["kept": "1", "own": "2"])
        #expect(made.output == "1 2\n")
        #expect(HostProcess.wrapper(stand, key) != runner)
      }
    }
  }

  @Test("what waits for the runner is refused when a newer owner came", arguments: Flavour.allCases)
  func runnerFenced(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let old = try await stand.connect(epoch: 1)
      _ = try await old.run("true", key: "a")
      let runner = try #require(HostProcess.wrapper(stand, "a"))
      kill(runner, SIGSTOP)
      old.send("k", [.run("echo ran >\"$HOME/ran\"")])
      #expect(try await old.look("k").wrapperIsAlive)
      let new = try await stand.connect(epoch: 2)
      kill(runner, SIGCONT)
      let known: Int = try await old.reports.next("that it is stale") { report in
        if case .stale(let epoch) = report { epoch } else { nil }
      }
      #expect(known == 2)
      #expect(try await new.look("k").claim == .absent)
      #expect(stand.text("ran") == nil)
    }
  }

  @Test("the runner keeps nothing of an exchange's secrets", arguments: Flavour.allCases)
  func runnerForgets(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let secret = Exchange.Script(text: "true", secrets: ["token": Array("pass-word".utf8)])
      _ = try await station.exchange("a", [.action(secret, timeout: nil)], ["kept": "1"])
      let runner = try #require(HostProcess.wrapper(stand, "a"))
      // All that its shell has, as an exchange of its own sees it.
      let made = try await station.run("env; set", key: "b")
      #expect(!made.output.contains("pass-word") && !made.output.contains("kept="))
      #expect(HostProcess.wrapper(stand, "b") == runner)
    }
  }

  @Test("the link ends with its loop while the runner is at work", arguments: Flavour.allCases)
  func endsWithLoop(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      station.send("k", [.run(Self.waits)])
      station.send("l", [.run(Self.waits)])
      for key in ["k", "l"] { _ = try await station.look(key) { $0.outputSize == 6 } }
      let loop = try #require(HostProcess.loop(stand))
      let shell = try #require(ProcessTable.parents()[loop])
      let wrappers = ["k", "l"].compactMap { HostProcess.wrapper(stand, $0) }
      #expect(Set(wrappers).count == 2)
      await station.link.close()
      #expect(
        await waitUntil(.seconds(10)) { !HostProcess.isAlive(shell) && !HostProcess.isAlive(loop) })
      #expect(wrappers.allSatisfy(HostProcess.isAlive))
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      #expect(await waitUntil(.seconds(10)) { !wrappers.contains(where: HostProcess.isAlive) })
      let next = try await stand.connect(epoch: 2)
      for key in ["k", "l"] { #expect(try await next.look(key).end?.status == 7) }
    }
  }

  @Test("the same key is never started twice", arguments: Flavour.allCases)
  func second(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      station.send("k", [.run(Self.waits)])
      _ = try await station.look("k") { $0.outputSize == 6 }
      let again = try await station.exchange("k", [.run("echo twice >>\"$HOME/pids\"")])
      #expect(again.end.verdict == .alreadyClaimed)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let ended = try await station.ended("k")
      #expect(ended.end.status == 7)
      let late = try await station.exchange("k", [.run("echo twice >>\"$HOME/pids\"")])
      #expect(late.end.verdict == .alreadyClaimed)
      #expect(try await station.look("k").end == ended.end)
      #expect(stand.text("pids")?.split(separator: "\n").count == 1)

      // Nor after an exchange that ended before its action.
      _ = try await station.exchange(
        "l", [.ask(.require, "exit 1"), .run("echo l >>\"$HOME/pids\"")])
      let other = try await station.exchange("l", [.run("echo l >>\"$HOME/pids\"")])
      #expect(other.end.verdict == .alreadyClaimed)
      #expect(stand.text("pids")?.split(separator: "\n").count == 1)
    }
  }

  @Test("fifty races of two links for one key: one start each", arguments: Flavour.allCases)
  func races(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      // Equal epochs, so that none fences the other: only the claim decides.
      let links = [try await stand.connect(), try await stand.connect()]
      for number in 0..<50 {
        for link in links {
          link.send("\(number)", [.run("echo x >>\"$HOME/\(number).count\"; exit 3")])
        }
      }
      for number in 0..<50 {
        var ends: [ExchangeEnd.Verdict] = []
        for link in links { ends.append(try await link.ended("\(number)").end.verdict) }
        #expect(
          Set(ends.map { "\($0)" }) == ["actionFailed", "alreadyClaimed"], "\(number): \(ends)")
        #expect(stand.text("\(number).count") == "x\n")
        let seen = try await links[0].look("\(number)")
        #expect(seen.end?.status == 3)
      }
    }
  }

  @Test("a wrapper is alive before it has left a trace", arguments: Flavour.allCases)
  func early(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      for number in 0..<20 {
        // Both frames are there before the wrapper has got anywhere.
        station.send("\(number)", [.run("exit 3")])
        let seen = try await station.look("\(number)")
        #expect(seen.wrapperIsAlive || seen.actionStatus == 3, "\(seen)")
        #expect(try await station.ended("\(number)").end.status == 3)
        _ = try await station.look("\(number)") { !$0.wrapperIsAlive }
      }
    }
  }

  @Test(
    "wrappers past each other's lock: the claim alone decides, the loser leaves no trace",
    arguments: Flavour.allCases)
  func claimRace(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let links = [try await stand.connect(), try await stand.connect()]
      try stand.write("hold")
      // The first waits before its claim; its lock is taken away, as if it had never been seen.
      links[0].send(
        "k",
        [
          .ask(.require, "while [ -e \"$HOME/hold\" ]; do sleep 0.05; done"),
          .run("echo slow >>\"$HOME/ran\""),
        ])
      #expect(await waitUntil(.seconds(10)) { HostProcess.wrapper(stand, "k") != nil })
      try FileManager.default.removeItem(atPath: stand.directory() + "/k.w")
      let winner = try await links[1].exchange(
        "k", [.run("echo fast >>\"$HOME/ran\"; echo out; exit 5")])
      #expect(winner.end.status == 5)
      try FileManager.default.removeItem(atPath: stand.path("hold"))
      let loser = try await links[0].ended("k")
      #expect(loser.end.verdict == .alreadyClaimed)
      #expect(stand.text("ran") == "fast\n")
      let seen = try await links[0].look("k")
      #expect(seen.end == winner.end)
      #expect(seen.output == Array("out\n".utf8))
    }
  }

  @Test("a wrapper that died before its claim gives way to the next", arguments: Flavour.allCases)
  func takeover(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      station.send("k", [.ask(.require, "echo asked; sleep 30"), .run("echo ran >>\"$HOME/ran\"")])
      #expect(await waitUntil(.seconds(10)) { HostProcess.wrapper(stand, "k") != nil })
      let asking = try await station.look("k")
      #expect(asking.claim == .absent && asking.wrapperIsAlive)
      kill(try #require(HostProcess.wrapper(stand, "k")), SIGKILL)
      _ = try await station.look("k") { !$0.wrapperIsAlive }
      let ended = try await station.exchange(
        "k", [.ask(.require, "true"), .run("echo ran >>\"$HOME/ran\"")])
      #expect(ended.end.verdict == .complete)
      #expect(stand.text("ran") == "ran\n")
      #expect(try await station.answers("k").last?.answer == .holds)
    }
  }

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
      first.send("k", [.run(Self.waits)])
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
