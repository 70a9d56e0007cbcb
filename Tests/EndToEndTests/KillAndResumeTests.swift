import Foundation
import RunbookTestSupport
import Testing

/// The engine is killed with `kill -9`; resume goes on exactly where the run stopped.
@Suite("A run whose engine is killed", .serialized)
struct KillAndResumeTests {
  /// Ten steps on three hosts: counters on the hosts, output on both streams, checks, a branch.
  static let runbook: String = {
    func step(_ name: String, _ more: String = "") -> String {
      """
        step \(name) on all {
          run ```
            echo x >> "$marks/\(name).$host"
            echo "\(name) on $host says: quotes ' \\" and é"
            printf 'no newline at the end' >&2
          ```
          no rollback "a test"
          \(more)
        }
      """
    }
    return [
      step("one"), step("two", #"check `test -e "$marks/two.$host"`"#),
      step("three", #"require `test -e "$marks/two.$host"`"#),
      "phase middle {", step("four"),
      "parallel {", step("five"), step("six"),
      step("seven", "").replacingOccurrences(
        of: "step seven on all", with: "step seven on all after five, six"), "}", "}",
      step("eight", #"check `test -e "$marks/eight.$host"` within 5s every 200ms"#),
      step("nine", #"output where from `echo "$host"`"#), step("ten"),
    ].joined(separator: "\n")
  }()

  static let steps = [
    "one", "two", "three", "middle/four", "middle/five", "middle/six", "middle/seven", "eight",
    "nine", "ten",
  ]

  @Test(.timeLimit(.minutes(10)))
  func goesOnExactlyWhereItStoppedWhereverItWasKilled() async throws {
    try await Site.run { site in
      try site.writeRunbook("work", Self.runbook)
      let whole = try await site.reprise("run", "work", "--yes", state: "whole")
      #expect(whole.status == 0, "\(whole.text) \(whole.errorText)")
      let run = try await site.newestRun(state: "whole")
      let length = try await site.events(run, state: "whole").count
      #expect(length > 100)
      try Self.expectEachOnce(site, "an undisturbed run")

      for number in 0..<32 {
        let event = 1 + number * (length - 2) / 31
        try site.clearMarks()
        let state = "state\(number)"
        let killed = try await site.reprise("run", "work", "--yes", state: state, crashAfter: event)
        #expect(killed.status == 128 + 9, "event \(event): \(killed.text) \(killed.errorText)")
        let resumed = try await site.reprise("resume", state: state)
        #expect(
          resumed.status == 0, "event \(event): \(resumed.text) \(resumed.errorText)")
        try Self.expectEachOnce(site, "killed after event \(event)")
        try await Self.expectWholeHistory(site, state: state, "killed after event \(event)")
      }
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func goesOnAfterSeveralKillsByTheClock() async throws {
    try await Site.run { site in
      try site.writeRunbook("work", Self.runbook)
      var all = 0
      for delay in [60, 150, 240, 330, 420, 700] {
        try site.clearMarks()
        let state = "clock\(delay)"
        var process = try site.start(["run", "work", "--yes"], state: state)
        var kills = 0
        while kills < 30 {
          // It says so after its first commit.
          await waitUntil(.seconds(30)) {
            !process.isRunning || process.outputSoFar.contains("run ")
          }
          await waitUntil(.milliseconds(delay)) { !process.isRunning }
          if !process.isRunning { break }
          process.kill()
          guard try await process.wait().status == 128 + 9 else { break }
          kills += 1
          // By its name, since after its last commit there is nothing to resume any more.
          process = try site.start(["resume", "work"], state: state)
        }
        all += kills
        let ended = try await process.wait()
        #expect(ended.status == 0, "killed every \(delay) ms: \(ended.text) \(ended.errorText)")
        try Self.expectEachOnce(site, "killed every \(delay) ms")
        try await Self.expectWholeHistory(site, state: state, "killed every \(delay) ms")
      }
      #expect(all >= 6)
    }
  }

  static func expectEachOnce(_ site: Site, _ when: String) throws {
    for step in steps {
      for host in site.hosts {
        let name = step.split(separator: "/").last.map(String.init) ?? step
        #expect(site.mark("\(name).\(host)") == "x\n", "\(step) on \(host), \(when)")
      }
    }
  }

  /// Each task done once, its output byte for byte, and no event missing.
  static func expectWholeHistory(_ site: Site, state: String = "state", _ when: String) async throws
  {
    let run = try await site.newestRun(state: state)
    let events = try await site.events(run, state: state)
    #expect(events.map { $0["sequence"] as? Int } == Array(1...events.count), "\(when)")
    let tasks = steps.flatMap { step in site.hosts.map { "\(step)@\($0)" } }
    let done = try await site.objects("history", run, state: state)
      .filter { $0["kind"] as? String == "attempt" }
      .map { "\($0["step"] ?? "")@\($0["host"] ?? "") \($0["state"] ?? "")" }
    #expect(done.sorted() == tasks.map { $0 + " done" }.sorted(), "\(when)")
    var printed: [String: String] = [:]
    for piece in try await site.objects("logs", run, state: state) {
      let source = "\(piece["step"] ?? "")@\(piece["host"] ?? "") \(piece["stream"] ?? "")"
      printed[source, default: ""] += piece["text"] as? String ?? "(no text)"
    }
    var expected: [String: String] = [:]
    for task in tasks {
      let place = task.split(separator: "/").last?.replacing("@", with: " on ") ?? ""
      expected[task + " output"] = "\(place) says: quotes ' \" and é\n"
      expected[task + " error"] = "no newline at the end"
    }
    #expect(printed == expected, "\(when)")
  }
}
