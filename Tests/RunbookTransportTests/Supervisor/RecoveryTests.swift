import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("What a supervisor leaves for the next link")
struct RecoveryTests {
  /// Notes its pid, and ends once the file `wait` is gone.
  static let waits =
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
}
