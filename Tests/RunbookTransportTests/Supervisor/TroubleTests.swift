import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("Hosts in trouble")
struct TroubleTests {
  @Test(
    "a full disk at the claim: not started, and no trace of a start", .enabled(if: Self.isRoot),
    arguments: Flavour.allCases)
  func fullAtClaim(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      try await Self.withFileSystem(stand, "size=200k,nr_inodes=200") {
        let station = try await stand.connect()
        let code = "echo ran >>\"$HOME/ran\""
        _ = try await station.exchange("a", [.run(code)])
        try Self.fill(stand)
        let full = try await station.exchange("b", [.run(code)])
        #expect(full.end.verdict == .notStarted("no space for the claim"))
        #expect(try await station.look("b").claim == .absent)
        let guarded = try await station.exchange("c", [.ask(.require, code), .run(code)])
        #expect(guarded.end.verdict == .notStarted("no space for the state of the task"))
        let unknown = try await station.exchange("d", [.run(code + "; true")])
        guard case .notStarted = unknown.end.verdict else {
          Issue.record("\(unknown)")
          return
        }
        #expect(stand.text("ran") == "ran\n")
        // The old state can still be read on a new link.
        let next = try await stand.connect(epoch: 2)
        #expect(try await next.look("a").end?.status == 0)
        try FileManager.default.removeItem(atPath: stand.path("state/fill"))
        let last = try await stand.connect(epoch: 3)
        #expect(try await last.exchange("b", [.run(code)]).end.verdict == .complete)
        #expect(try await last.exchange("d", [.run(code + "; true")]).end.verdict == .complete)
      }
    }
  }

  @Test(
    "a disk that the action itself fills: status and output up to there", .enabled(if: Self.isRoot),
    arguments: Flavour.allCases)
  func fullAtStatus(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      try await Self.withFileSystem(stand, "size=300k") {
        let station = try await stand.connect()
        let filling = try await station.exchange(
          "a", [.run("cat /dev/zero >\"$XDG_STATE_HOME/fill\" || exit 7")])
        #expect(filling.end.verdict == .actionFailed)
        #expect(filling.end.status == 7)
        let seen = try await station.look("a")
        #expect(seen.end == filling.end)
        #expect(seen.actionStatus == 7)
        try FileManager.default.removeItem(atPath: stand.path("state/fill"))
        let printing = try await station.exchange(
          "b", [.run("head -c 1000000 /dev/zero || exit 9")])
        #expect(printing.end.status == 9)
        let (output, _) = try await station.streams("b")
        #expect(output.count == printing.end.outputSize)
        #expect(output.count > 10_000 && output.count < 1_000_000)
      }
    }
  }

  @Test(
    "a disk that is full when a question is answered: verdicts stand, a value is none",
    .enabled(if: Self.isRoot), arguments: Flavour.allCases)
  func fullAtAnswer(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      try await Self.withFileSystem(stand, "size=200k") {
        let station = try await stand.connect()
        // What is left of the log's first page takes no whole record, and the only other page that is
        // left is for the claim of the question.
        let require = Exchange.Item.ask(.require, "head -c 4050 /dev/zero | tr '\\0' x")
        let fill = Exchange.Item.run(
          "fill=$XDG_STATE_HOME/fill; cat /dev/zero >\"$fill\" || truncate -s -4096 \"$fill\"")
        let checked = try await station.exchange("a", [require, fill, .ask(.check, "true")])
        #expect(checked.end.verdict == .complete)
        let seen = try await station.look("a")
        #expect(seen.end == checked.end)
        #expect(seen.answers.map(\.stage) == [.require])
        // Whoever goes on from there has all there will ever be.
        #expect(seen.logOffset == seen.logSize)
        let later = try await station.look(Look(key: "a", logOffset: seen.logOffset))
        #expect(later.logOffset == later.logSize)
        try FileManager.default.removeItem(atPath: stand.path("state/fill"))
        let printed = try await station.exchange("b", [require, fill, .ask(.output, "true")])
        #expect(printed.end.verdict == .outputFailed(0))
      }
    }
  }

  @Test("no inodes left", .enabled(if: Self.isRoot), arguments: Flavour.allCases)
  func noInodes(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      try await Self.withFileSystem(stand, "size=10m,nr_inodes=60") {
        let station = try await stand.connect()
        let code = "echo ran >>\"$HOME/ran\""
        _ = try await station.exchange("a", [.run(code)])
        let left = Self.takeInodes(stand)
        // One more at a time: every place where a file is made is the one that fails once.
        for number in 0..<min(left, 9) {
          try FileManager.default.removeItem(atPath: stand.path("state/inode\(number)"))
          let key = "k\(number)"
          let ended = try await station.exchange(key, [.ask(.require, "true"), .run(code)])
          let seen = try await station.look(key)
          switch ended.end.verdict {
          case .complete: #expect(seen.claim == .present)
          case .notStarted, .requireFailed: #expect(seen.claim == .absent)
          default: Issue.record("\(ended)")
          }
        }
        let runs = stand.text("ran")?.split(separator: "\n").count ?? 0
        let claims = try FileManager.default.contentsOfDirectory(atPath: stand.directory())
          .filter { $0.hasSuffix(".c") }.count
        #expect(runs == claims)
      }
    }
  }

  @Test(
    "no process can be started", .enabled(if: Self.isRoot), arguments: Flavour.allCases,
    [true, false])
  func noFork(_ flavour: Flavour, hasRunner: Bool) async throws {
    try await Stand.run(flavour) { stand in
      let code = "echo ran >>\"$HOME/ran\""
      // How many processes there are, or one more: the first fork fails, or the second.
      // bash tries again for a quarter of a minute each time before it gives up: once is enough.
      let first = hasRunner ? 3 : 2
      for limit in first...(flavour == .bash ? first : 3) {
        // A user of its own, so that nobody else's processes count.
        let user = UInt32.random(in: 600_000...60_000_000)
        let home = stand.path("\(limit)")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        #expect(chmod(stand.home, 0o755) == 0 && chown(home, user, user) == 0)
        let person = ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
        let login = try stand.script(
          "login\(limit)",
          "exec \(person.joined(separator: " ")) \(flavour.shell) \"$@\"")
        let station = try await stand.connect(
          environment: ["HOME": home, "XDG_STATE_HOME": home + "/state"], login: login)
        // The link's two shells, of which the first is our child, and the runner, whose own parent
        // has ended. Not by their numbers: those begin anew after the last one.
        var found: pid_t?
        await waitUntil(.seconds(10)) {
          let all = ProcessTable.processes(of: user)
          let parents = ProcessTable.parents()
          found = all.first { process in
            parents[process].map { !all.contains($0) && $0 != getpid() } ?? false
          }
          return all.count == 3 && found != nil
        }
        let runner = try #require(found)
        if !hasRunner {
          kill(runner, SIGKILL)
          try #require(
            await waitUntil(.seconds(10)) { ProcessTable.processes(of: user).count == 2 })
        }
        // The soft limit, set as that user.
        func allow(_ count: Int) async throws {
          for pid in ProcessTable.processes(of: user) {
            try await SpawnedProcess.run(
              person[0], person.dropFirst() + ["prlimit", "--pid", "\(pid)", "--nproc=\(count):"],
              log: "/dev/null")
          }
        }
        try await allow(limit)
        station.send("a", [.run(code, timeout: 120_000)])
        if flavour == .bash && hasRunner {
          // It ends without a word, as if it had been killed: looks find that out.
          #expect(await waitUntil(.seconds(60)) { ProcessTable.processes(of: user).count == 2 })
          let seen = try await station.look("a")
          #expect(seen.claim == .absent && !seen.wrapperIsAlive)
        } else {
          let ended = try await station.ended("a", within: .seconds(90))
          guard case .notStarted = ended.end.verdict else {
            Issue.record("limit \(limit): \(ended)")
            continue
          }
        }
        #expect(stand.text("\(limit)/ran") == nil)
        try await allow(1000)
        #expect(try await station.exchange("b", [.run(code)]).end.verdict == .complete)
        #expect(stand.text("\(limit)/ran") == "ran\n")
      }
    }
  }

  @Test(
    "a PID 1 that does not reap: zombies are not alive", .enabled(if: Self.isRoot),
    arguments: Flavour.allCases)
  func zombies(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let initial = try stand.script(
        "init",
        "exec 3<&0\n\(flavour.shell) \"$@\" <&3 3<&- &\nexec sleep 300 3<&- <&- >&- 2>&-")
      let login = try stand.script(
        "login",
        "echo $$ >\"$HOME/namespace\"\nexec unshare --pid --fork --mount-proc --kill-child \(initial.joined(separator: " ")) \"$@\""
      )
      let station = try await stand.connect(login: login)
      defer {
        if let pid = pid_t(stand.text("namespace")?.dropLast() ?? "") { kill(pid, SIGKILL) }
      }
      try stand.write("wait")
      // The leader goes, its child becomes init's and a zombie.
      let code = "(while [ -e \"$HOME/wait\" ]; do sleep 0.05; done) & echo $!"
      let made = try await station.run(code, key: "k")
      #expect(made.status == 0)
      #expect(try await station.look("k").actionIsAlive == true)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
      _ = try await station.look("k") { $0.actionIsAlive == false }
      let child = made.output.dropLast()
      let probe = try await station.run("cut -d' ' -f3 /proc/\(child)/stat", key: "l")
      #expect(probe.output == "Z\n")
    }
  }

  static let isRoot = getuid() == 0

  /// A small file system of its own for the state.
  private static func withFileSystem(
    _ stand: Stand, _ options: String, _ body: () async throws -> Void
  ) async throws {
    let place = stand.path("state")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try await SpawnedProcess.run(
      "/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", place], log: "/dev/null")
    do {
      try await body()
    } catch {
      try await SpawnedProcess.run("/bin/umount", ["-l", place], log: "/dev/null")
      throw error
    }
    try await SpawnedProcess.run("/bin/umount", ["-l", place], log: "/dev/null")
  }

  private static func fill(_ stand: Stand) throws {
    let file = fopen(stand.path("state/fill"), "w")
    let block = [UInt8](repeating: 1, count: 4096)
    while fwrite(block, 1, 4096, file) == 4096, fflush(file) == 0 {}
    fclose(file)
  }

  private static func takeInodes(_ stand: Stand) -> Int {
    var count = 0
    while FileManager.default.createFile(atPath: stand.path("state/inode\(count)"), contents: nil) {
      count += 1
    }
    return count
  }
}
