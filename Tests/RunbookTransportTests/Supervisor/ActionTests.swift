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

  @Test("50 MB of output, byte for byte", arguments: Flavour.allCases)
  func large(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let ended = try await station.exchange(
        "k", [.run("head -c 50000000 /dev/urandom | tee \"$HOME/copy\"")])
      #expect(ended.end.outputSize == 50_000_000)
      // Compared piece by piece: other tests of this process measure its memory.
      let copy = try #require(fopen(stand.path("copy"), "r"))
      defer { fclose(copy) }
      var offset = 0
      while offset < 50_000_000 {
        let seen = try await station.look(Look(key: "k", outputOffset: offset, limit: 1 << 20))
        let expected = [UInt8](unsafeUninitializedCapacity: seen.output.count) { buffer, count in
          count = fread(buffer.baseAddress, 1, seen.output.count, copy)
        }
        try #require(!seen.output.isEmpty && seen.output == expected, "at \(offset)")
        offset += seen.output.count
      }
      #expect(offset == 50_000_000)
    }
  }

  @Test("output is read while the action is silent and goes on", arguments: Flavour.allCases)
  func silence(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      station.send(
        "k", [.run("echo begin; while [ -e \"$HOME/wait\" ]; do sleep 0.05; done; echo end")])
      let seen = try await station.look("k") { $0.outputSize == 6 }
      #expect(seen.claim == .present)
      #expect(seen.wrapperIsAlive && seen.actionIsAlive == true)
      #expect(seen.end == nil)
      #expect(seen.output == Array("begin\n".utf8))
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let ended = try await station.ended("k")
      #expect(ended.end.outputSize == 10)
      let rest = try await station.look(Look(key: "k", outputOffset: 6))
      #expect(rest.output == Array("end\n".utf8))
      #expect(rest.end == ended.end)
    }
  }

  @Test("scripts that treat their surroundings badly", arguments: Flavour.allCases)
  func rough(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let closing = try await station.run("echo a; exec >&- 2>&-; exit 3", key: "1")
      #expect(closing == (3, "a\n", ""))
      let reading = try await station.run("cat; read x || echo end", key: "2")
      #expect(reading == (0, "end\n", ""))
      let many = try await station.run("exit 255", key: "3")
      #expect(many.status == 255)
      let killed = try await station.run("kill -TERM $$; sleep 5", key: "4")
      #expect(killed.status == 143)
      let suicide = try await station.run("echo before; kill -9 0; echo after", key: "5")
      #expect(suicide == (137, "before\n", ""))
      let unset = try await station.run("echo $nothing", key: "6")
      #expect(unset.status != 0)
      let wrong = try await station.run("echo fine\nif then", key: "7")
      #expect(wrong.status == 2)
      #expect(wrong.output == "fine\n")
      let failing = try await station.run("false\necho not reached", key: "8")
      #expect(failing == (1, "", ""))
      let empty = try await station.run("", key: "9")
      #expect(empty == (0, "", ""))
      let comment = try await station.run("# only this\n", key: "10")
      #expect(comment == (0, "", ""))
    }
  }

  @Test("a script that truncates its standard error", arguments: Flavour.allCases)
  func truncating(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      station.send(
        "k",
        [
          .run(
            "echo long line >&2; while [ -e \"$HOME/wait\" ]; do sleep 0.05; done; : >/dev/stderr; echo x >&2"
          )
        ])
      _ = try await station.look("k") { $0.errorSize == 10 }
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let ended = try await station.ended("k")
      #expect(ended.end.errorSize == 2)
      let after = try await station.look(Look(key: "k", errorOffset: 10))
      #expect(after.errorSize == 2)
      #expect(after.error.isEmpty)
      let again = try await station.look(Look(key: "k"))
      #expect(again.error == Array("x\n".utf8))
    }
  }

  @Test("a daemon that holds the output does not hold the end", arguments: Flavour.allCases)
  func daemon(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      let made = try await station.run(
        "(while [ -e \"$HOME/wait\" ]; do sleep 0.05; done; echo late) & echo $!", key: "k")
      #expect(made.status == 0)
      let ended = try await station.look("k")
      #expect(ended.actionIsAlive == true)
      #expect(ended.end?.outputSize == ended.outputSize)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      let gone = try await station.look("k") { $0.actionIsAlive == false }
      #expect(gone.output == ended.output)
    }
  }

  @Test("values arrive as they are", arguments: Flavour.allCases)
  func values(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let odd = "it's \"$HOME\" `id` \\ \\n %s é 漢\n\nlast\n"
      let big = String(repeating: "x'\n", count: 32_426)  // 95 KiB
      let made = try await station.run(
        #"printf '%s|%s|%s' "$odd" "$empty" "${#big}""#,
        ["odd": odd, "empty": "", "big": big])
      #expect(made.status == 0)
      #expect(made.output == "\(odd)||\(big.utf8.count)")
    }
  }

  @Test("values that no environment takes are refused beforehand", arguments: [Flavour.dash])
  func refused(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let bad: [[String: String]] = [
        ["a": "x\0y"], ["a": String(repeating: "x", count: 98_305)], ["_x": "y"], ["a-b": "c"],
      ]
      for (number, values) in bad.enumerated() {
        let ended = try await station.exchange("\(number)", [.run("touch \"$HOME/made\"")], values)
        guard case .notStarted = ended.end.verdict else {
          Issue.record("\(values.keys): \(ended)")
          continue
        }
      }
      #expect(stand.text("made") == nil)
    }
  }

  @Test("only what changed is sent, what is gone is unset", arguments: Flavour.allCases)
  func delta(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let code = #"echo "${a-none} ${b-none} ${PATH%%:*}""#
      #expect(try await station.run(code, key: "1", ["a": "1", "b": "2"]).output.hasPrefix("1 2 "))
      #expect(
        try await station.run(code, key: "2", ["b": "2", "PATH": "/odd:/usr/bin:/bin"]).output
          == "none 2 /odd\n")
      #expect(try await station.run(code, key: "3", ["a": "3"]).output.hasPrefix("3 none /"))
      #expect(try await !station.run(code, key: "4").output.contains("odd"))
    }
  }

  @Test("secrets are in their own script's environment alone", arguments: Flavour.allCases)
  func secrets(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let secret = Array("pa'ss\nword".utf8)
      let script = Exchange.Script(
        text: "printf %s \"$token\" >\"$HOME/seen\"", secrets: ["token": secret])
      let ended = try await station.exchange(
        "k",
        [
          .ask(.require, "echo \"${token-none}\""), .action(script, timeout: nil),
          .ask(.check, "echo \"${token-none}\""),
        ])
      #expect(ended.end.verdict == .complete)
      #expect(stand.text("seen") == "pa'ss\nword")
      #expect(
        try await station.answers("k").map(\.text) == [Array("none\n".utf8), Array("none\n".utf8)])
      for name in try FileManager.default.contentsOfDirectory(atPath: stand.directory()) {
        let data = FileManager.default.contents(atPath: stand.directory() + "/" + name) ?? Data()
        #expect(data.range(of: Data("word".utf8)) == nil, "in \(name)")
      }
    }
  }

  @Test("no shell says a secret when a wrapper is killed", arguments: Flavour.allCases)
  func killedWithSecret(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let script = Exchange.Script(
        text: "echo begin; sleep 0.3", secrets: ["token": Array("pass-word".utf8)])
      station.send(
        "k", [.action(script, timeout: nil), .ask(.check, "true", says: "pass-word")])
      _ = try await station.look("k") { $0.outputSize == 6 }
      kill(try #require(HostProcess.wrapper(stand, "k")), SIGKILL)
      _ = try await station.look("k") { $0.actionIsAlive == false }
      // Shells tell of jobs that were killed when they do the next thing.
      for number in 0..<3 { _ = try await station.exchange("\(number)", [.run("true")]) }
      let link = try #require(station.link as? SupervisorLink)
      let noise = String(decoding: link.state.withLock { $0.decoder.noise }, as: UTF8.self)
      #expect(!noise.contains("pass-word"), "\(noise)")
    }
  }

  @Test("the action's surroundings are its own", arguments: Flavour.allCases)
  func surroundings(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      // Whoever starts us may have left a file open for us.
      let left = open("/dev/null", O_RDONLY)
      try #require(left > 2)
      defer { close(left) }
      let station = try await stand.connect(environment: ["TMOUT": "100"])
      let made = try await station.run(
        """
        pwd
        umask
        for signal in Ign Blk; do grep "^Sig$signal" /proc/self/status; done
        echo
        (ls /proc/self/fd) | tr '\n' ' '
        echo
        echo "$$ $(cut -d' ' -f5,6 /proc/$$/stat)"
        echo "environment:"
        env
        """, ["name": "value"])
      let parts = made.output.components(separatedBy: "environment:\n")
      let lines = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
      try #require(lines.count > 6)
      #expect(lines[0] == Substring(stand.home))
      #expect(lines[1] == String(format: "%04o", Self.umask))
      if flavour != .busybox {
        // glibc's own signals 32 and 33 come ignored from every posix_spawn.
        #expect(["0000000000000000", "0000000180000000"].contains(lines[2].suffix(16)))
      }
      #expect(lines[3] == "SigBlk:\t0000000000000000")
      // The shell keeps its script open, its children see nothing; one is ls's own directory.
      let open = Set(lines[5].split(separator: " ").compactMap { Int32($0) })
      #expect(open.subtracting([0, 1, 2]).count == 1, "\(lines[5])")
      let ids = lines[6].split(separator: " ")
      #expect(ids[0] == ids[1] && ids[1] == ids[2])

      let ours = Set(ProcessInfo.processInfo.environment.keys)
      let names = Set(
        parts[1].split(separator: "\n").compactMap {
          $0.split(separator: "=").first.map(String.init)
        })
      let known = ours.union(["HOME", "XDG_STATE_HOME", "name", "PWD", "OLDPWD", "SHLVL", "_"])
      #expect(names.subtracting(known).isEmpty, "\(names.subtracting(known))")
      #expect(!names.contains("TMOUT"))
      #expect(!parts[1].contains(stand.directory()))
    }
  }

  @Test("an interpreter of its own, also one that is not there", arguments: Flavour.allCases)
  func interpreters(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let awk = Exchange.Script(text: "BEGIN { print \"awk\" }", interpreter: "/usr/bin/env awk -f")
      #expect(try await station.exchange("1", [.action(awk, timeout: nil)]).end.status == 0)
      #expect(try await station.streams("1").output == Array("awk\n".utf8))
      let none = Exchange.Script(text: "x", interpreter: "/no/such/thing")
      let ended = try await station.exchange("2", [.action(none, timeout: nil)])
      #expect(ended.end.verdict == .notStarted("its interpreter is not there"))
      #expect(try await station.look("2").claim == .absent)
    }
  }

  @Test("a hundred exchanges at once on one link", arguments: Flavour.allCases)
  func parallel(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      for number in 0..<100 {
        station.send("\(number)", [.run("echo $n; exit $((n % 7))")], ["n": "\(number)"])
      }
      for number in 0..<100 {
        #expect(try await station.ended("\(number)").end.status == number % 7)
        #expect(try await station.streams("\(number)").output == Array("\(number)\n".utf8))
      }
    }
  }

  private static var umask: mode_t {
    let mask = Glibc.umask(0)
    _ = Glibc.umask(mask)
    return mask
  }
}
