import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("Ending actions before their time")
struct EndingTests {
  @Test("a timeout ends the whole group with TERM", arguments: Flavour.allCases)
  func timeout(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let ended = try await station.exchange(
        "k",
        [
          .run("sleep 300 & echo $! >\"$HOME/pid\"; sleep 300", timeout: 300),
          .ask(.check, "true"),
        ])
      #expect(ended.end.verdict == .actionFailed)
      #expect(ended.end.timedOut)
      #expect(!ended.end.cancelled)
      #expect(ended.end.status == 143)
      #expect(try await station.look("k").actionIsAlive == false)
      let quick = try await station.exchange("l", [.run("exit 4", timeout: 20_000)])
      #expect(quick.end == ExchangeEnd(verdict: .actionFailed, status: 4))
      #expect(HostProcess.sleepers(of: stand, "l").isEmpty)
    }
  }

  @Test("whoever ignores TERM is killed after the grace", arguments: Flavour.allCases)
  func stubborn(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let code = "trap 'echo asked' TERM; echo begin; while :; do sleep 0.1 || :; done"
      station.send("k", [.run(code)])
      _ = try await station.look("k") { $0.outputSize == 6 }
      station.link.send(.cancel(key: "k", graceSeconds: 1))
      let ended = try await station.ended("k")
      #expect(ended.end.verdict == .actionFailed)
      #expect(ended.end.cancelled && !ended.end.timedOut)
      #expect(ended.end.status == 137)
      #expect(try await station.streams("k").output.starts(with: Array("begin\nasked\n".utf8)))
    }
  }

  @Test("an action that is cancelled while it begins ends", arguments: Flavour.allCases)
  func cancelledAtClaim(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      // The new session's process is held before it makes its claim.
      let bin = stand.path("bin")
      try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
      try stand.write(
        "bin/setsid",
        """
        #!/bin/sh
        echo >"$HOME/held"
        while [ -e "$HOME/hold" ]; do sleep 0.05; done
        exec /usr/bin/setsid "$@"
        """)
      #expect(chmod(bin + "/setsid", 0o755) == 0)
      try stand.write("hold")
      let station = try await stand.connect(environment: ["PATH": bin + ":/usr/bin:/bin"])
      station.send("k", [.run("sleep 300")])
      #expect(await waitUntil(.seconds(10)) { stand.text("held") != nil })
      station.link.send(.cancel(key: "k", graceSeconds: 1))
      let mark = stand.directory() + "/k.x"
      #expect(await waitUntil(.seconds(10)) { FileManager.default.fileExists(atPath: mark) })
      // By the time that another frame is answered it has looked for the claim once.
      for _ in 0..<20 { #expect(try await station.look("k").claim == .absent) }
      try FileManager.default.removeItem(atPath: stand.path("hold"))
      let ended = try await station.ended("k")
      #expect(ended.end.verdict == .actionFailed)
      #expect(ended.end.cancelled)
    }
  }

  @Test("a cancelled action may clean up within the grace", arguments: Flavour.allCases)
  func graceful(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      // The leader goes at once, its child needs a moment: it gets it.
      let child =
        "trap 'sleep 0.3; echo clean; exit 0' TERM; echo begin; while :; do sleep 0.05 || :; done"
      station.send("k", [.run("sh -c \"$child\"")], ["child": child])
      _ = try await station.look("k") { $0.outputSize == 6 }
      station.link.send(.cancel(key: "k", graceSeconds: 20))
      #expect(try await station.ended("k").end.status == 143)
      _ = try await station.look("k") { $0.actionIsAlive == false }
      let files = stand.directory() + "/k.o"
      #expect(try String(contentsOfFile: files, encoding: .utf8) == "begin\nclean\n")
    }
  }

  @Test(
    "a cancel reaches an exchange on an older link, or before its action",
    arguments: Flavour.allCases)
  func cancel(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let old = try await stand.connect(epoch: 1)
      old.send("k", [.run("echo x; sleep 300")])
      old.send(
        "l",
        [.ask(.require, "echo x >\"$HOME/asking\"; sleep 300"), .run("echo ran >\"$HOME/ran\"")])
      _ = try await old.look("k") { $0.outputSize == 2 }
      #expect(await waitUntil(.seconds(10)) { stand.text("asking") == "x\n" })
      let new = try await stand.connect(epoch: 2)
      new.link.send(.cancel(key: "k", graceSeconds: 5))
      new.link.send(.cancel(key: "l", graceSeconds: 5))
      let first = try await new.look("k") { $0.end != nil }
      #expect(first.end?.cancelled == true && first.end?.status == 143)
      let second = try await new.look("l") { $0.end != nil }
      #expect(second.end?.cancelled == true && second.end?.verdict == .requireFailed(0))
      #expect(second.claim == .absent)
      #expect(stand.text("ran") == nil)
    }
  }

  @Test(
    "through sudo: values, secrets, identity and signals", .enabled(if: Self.hasSudo),
    arguments: Flavour.allCases)
  func otherUser(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let script = Exchange.Script(
        text: "id -un\npwd\necho \"$value|$token\"\ncat\nexit 6",
        secrets: ["token": Array("s'\n".utf8)])
      let ended = try await station.exchange(
        "k", [.ask(.require, "id -un", says: "daemon"), .action(script, timeout: nil)],
        ["value": "it's\n$x"], user: "daemon")
      #expect(ended.end.status == 6)
      let output = String(decoding: try await station.streams("k").output, as: UTF8.self)
      #expect(output == "daemon\n/usr/sbin\nit's\n$x|s'\n\n")
      let awk = Exchange.Script(text: "BEGIN { system(\"id -un\"); exit 8 }", interpreter: "awk -f")
      #expect(
        try await station.exchange("a", [.action(awk, timeout: nil)], user: "daemon").end.status
          == 8)
      #expect(try await station.streams("a").output == Array("daemon\n".utf8))

      station.send("l", [.run("echo begin; sleep 300")], user: "daemon")
      _ = try await station.look("l") { $0.outputSize == 6 && $0.actionIsAlive == true }
      station.link.send(.cancel(key: "l", graceSeconds: 5))
      let cancelled = try await station.ended("l")
      #expect(cancelled.end.cancelled && cancelled.end.verdict == .actionFailed)
      _ = try await station.look("l") { $0.actionIsAlive == false }
      let late = try await station.exchange("m", [.run("sleep 300", timeout: 300)], user: "daemon")
      #expect(late.end.timedOut)
    }
  }

  static let hasSudo =
    getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/sudo")
}

extension HostProcess {
  /// Timers of a key that are left: `sleep` children of its wrapper.
  static func sleepers(of stand: Stand, _ key: String) -> [pid_t] {
    guard let wrapper = wrapper(stand, key) else { return [] }
    return ProcessTable.children(of: wrapper).filter(isAlive)
  }
}
