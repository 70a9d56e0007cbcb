import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("One start for one key")
struct ClaimTests {
  @Test("the same key is never started twice", arguments: Flavour.allCases)
  func second(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      station.send("k", [.run(RecoveryTests.waits)])
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
}
