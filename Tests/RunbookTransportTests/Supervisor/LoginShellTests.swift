import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("Login shells and sessions")
struct LoginShellTests {
  @Test("a login shell that talks, and TMOUT in its environment", arguments: Flavour.allCases)
  func banners(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let login = try stand.script(
        "login",
        "echo 'Welcome to x'; printf 'no end'; echo 'and on stderr' >&2; exec \(flavour.shell) \"$@\""
      )
      let station = try await stand.connect(environment: ["TMOUT": "1"], login: login)
      #expect(try await station.exchange("a", [.run("true")]).end.verdict == .complete)
      // Longer than TMOUT without a word.
      #expect(try await station.exchange("b", [.run("sleep 1.5")]).end.verdict == .complete)
      #expect(try await station.exchange("c", [.run("true")]).end.verdict == .complete)
    }
  }

  @Test("csh as login shell", .enabled(if: access("/bin/csh", X_OK) == 0, "needs csh"))
  func csh() async throws { try await foreign("/bin/csh") }

  @Test("fish as login shell", .enabled(if: access("/usr/bin/fish", X_OK) == 0, "needs fish"))
  func fish() async throws { try await foreign("/usr/bin/fish") }

  private func foreign(_ login: String) async throws {
    try await Stand.run(.dash) { stand in
      let station = try await stand.connect(login: [login])
      #expect(try await station.run("echo $v", ["v": "a'b!"]).output == "a'b!\n")
    }
  }

  @Test("login shells without a supervisor behind them")
  func unfit() async throws {
    try await Stand.run(.dash) { stand in
      var timing = LinkTiming()
      timing.greeting = .seconds(2)
      let cases: [(String, String)] = [
        ("echo 'This account is currently not available.'; exit 1", "not available"),
        ("exec head -c 100000 /dev/zero", "65536"),
        ("yes", "64 KiB"),
        ("echo Who; exec sleep 60", "Who"),
      ]
      for (number, (code, reason)) in cases.enumerated() {
        let login = try stand.script("login\(number)", code)
        do {
          _ = try await stand.connect(login: login, timing: timing)
          Issue.record("\(code) has a supervisor")
        } catch TransportError.unreachable(let text) {
          #expect(text.contains(reason), "\(text)")
        }
      }
      try FileManager.default.createDirectory(
        atPath: stand.path("bin"), withIntermediateDirectories: true)
      for missing in ["head", "setsid"] {
        let bare = try stand.script(
          "bare", "PATH=\"$HOME/bin\"; export PATH; exec /bin/dash \"$@\"")
        let error = await #expect(throws: TransportError.self) {
          _ = try await stand.connect(login: bare)
        }
        guard case .unsuitable(let text, _)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(text.contains("no \(missing)"))
        try FileManager.default.createSymbolicLink(
          atPath: stand.path("bin/" + missing), withDestinationPath: "/usr/bin/" + missing)
      }
    }
  }

  @Test("a session that would take its actions along is refused", arguments: Flavour.allCases)
  func mortalSession(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      try FileManager.default.createDirectory(
        atPath: stand.path("bin"), withIntermediateDirectories: true)
      let session = "0::/user.slice/user-1000.slice/session-3.scope\n"
      let service = "1:name=systemd:/\n0::/system.slice/ssh.service\n"
      for (cgroup, kills, isRefused) in [
        (session, "b true", true), (session, "b false", false), (service, "b true", false),
      ] {
        try stand.write("cgroup", cgroup)
        // By a process of its own: a file that another thread's fork holds open for writing can't
        // be started.
        let maker = try Process.run(
          URL(fileURLWithPath: "/bin/sh"),
          arguments: [
            "-c", "printf '#!/bin/sh\\necho %s\\n' \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh",
            stand.path("bin/busctl"), "'\(kills)'",
          ])
        maker.waitUntilExit()
        let variables = [
          "REPRISE_CGROUP_FILE": stand.path("cgroup"),
          "PATH": "\(stand.path("bin")):/usr/bin:/bin",
        ]
        do {
          let station = try await stand.connect(environment: variables)
          #expect(!isRefused)
          #expect(try await station.run("echo ${REPRISE_CGROUP_FILE-none}").output == "none\n")
        } catch TransportError.unsuitable(let text, let remedy) {
          #expect(isRefused)
          #expect(text.contains("KillUserProcesses"))
          #expect(remedy.contains("logind.conf"))
        }
      }
    }
  }

  @Test("a loop that answers no more is a lost link", arguments: Flavour.allCases)
  func silentLoop(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      var timing = LinkTiming()
      timing.ping = .milliseconds(200)
      timing.answer = .seconds(5)
      timing.leave = .milliseconds(200)
      let station = try await stand.connect(timing: timing)
      station.link.send(.ping(5))
      let number: Int = try await station.reports.next("a pong") { report in
        if case .pong(let number) = report { number } else { nil }
      }
      #expect(number == 5)
      station.send("k", [.run("sleep 1; echo done")])
      #expect(await waitUntil(.seconds(10)) { HostProcess.wrapper(stand, "k") != nil })
      let loop = try #require(HostProcess.loop(stand))
      kill(loop, SIGSTOP)
      let reason = try await station.reports.lost()
      #expect(reason.contains("ping"))
      kill(loop, SIGCONT)
      let next = try await stand.connect(epoch: 2)
      _ = try await next.look("k") { $0.end?.status == 0 }
    }
  }

  @Test("two hosts that share a home keep apart", arguments: Flavour.allCases)
  func sharedHome(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let first = try await stand.connect(host: "a.example")
      let second = try await stand.connect(host: "a_example")
      #expect(first.facts.directoryID != second.facts.directoryID)
      #expect(try await first.run("echo one", key: "k").output == "one\n")
      #expect(try await second.run("echo two", key: "k").output == "two\n")
      first.link.send(.farewell)
      await first.link.close()
      #expect(try await second.look("k").output == Array("two\n".utf8))
      second.link.send(.farewell)
      await second.link.close()
      #expect(!FileManager.default.fileExists(atPath: stand.path("state/reprise")))
    }
  }
}

extension Stand {
  /// The words that run `code`.
  func script(_ name: String, _ code: String) throws -> [String] {
    try write(name, code + "\n")
    return ["/bin/sh", path(name)]
  }
}
