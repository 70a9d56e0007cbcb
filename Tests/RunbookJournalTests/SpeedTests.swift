import Foundation
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

/// Prints what the journal costs here; the bounds are wide, for they hold on a busy machine and in
/// a debug build. `REPRISE_SPEED=1 swift test -c release --filter SpeedTests` gives the figures.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["REPRISE_SPEED"] != nil))
struct SpeedTests {
  private let directory = TemporaryDirectory()

  @Test func commitsOfOneEvent() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let count = 2000
    let seconds = try await measured {
      for _ in 0..<count { try await journal.append([entry(.driftIgnored(by: "root"))]) }
    }
    report("commits of one event", "\(Int(Double(count) / seconds)) a second")
    await journal.release()
  }

  @Test func fiveHundredWaitingAppends() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let seconds = try await measured {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<500 { group.addTask { try await journal.append(task(number)) } }
        try await group.waitForAll()
      }
    }
    report("500 waiting appends of three events", milliseconds(seconds))
    await journal.release()
  }

  @Test func outputOfFiftyMegabytes() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let chunk = [UInt8](repeating: 65, count: 128 << 10)
    let seconds = try await measured {
      for number in 0..<400 {
        try await journal.append([
          entry(
            .outputReceived(
              key: "k", .output, generation: 0, offset: number * chunk.count, length: chunk.count),
            output: chunk)
        ])
      }
    }
    report("output", "\(Int(50 / seconds)) MiB a second")
    let history = try await RunHistory.open(directory: directory.state)
    let reading = try await measured {
      for try await _ in history.output(of: "7f3c", key: "k", .output) {}
    }
    report("output read back", "\(Int(50 / reading)) MiB a second")
    await journal.release()
  }

  @Test func aHundredThousandFacts() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let facts = (0..<34_000).flatMap { task($0) }.prefix(99_998)
    let writing = try await measured {
      for start in stride(from: 0, to: facts.count, by: 1000) {
        try await journal.append(Array(facts[start..<min(start + 1000, facts.count)]))
      }
    }
    await journal.release()
    let loading = try await measured { _ = try await file.takeOver(run: "7f3c") }
    let history = try await RunHistory.open(directory: directory.state)
    let reading = try await measured { _ = try await history.facts(of: "7f3c") }
    let following = try await measured {
      for _ in 0..<1000 { _ = try await history.facts(of: "7f3c", after: 100_000) }
    }
    let listing = try await measured { _ = try await history.runs() }
    report(
      "100,000 facts", "written in \(milliseconds(writing)), loaded in \(milliseconds(loading))")
    report("100,000 facts read by history", milliseconds(reading))
    report("asking for new facts", milliseconds(following / 1000))
    report("listing runs", milliseconds(listing))
  }

  @Test func encodingEvents() async throws {
    let events = Array((0..<100).flatMap { _ in EventSamples.all.prefix(20) })
    let encoding = try await measured { for event in events { _ = EventCoding.encode(event) } }
    let encoded = events.map(EventCoding.encode)
    let decoding = try await measured { for bytes in encoded { _ = try EventCoding.decode(bytes) } }
    report(
      "\(events.count) events",
      "encoded in \(milliseconds(encoding)), decoded in \(milliseconds(decoding))")
  }

  private func measured(_ work: () async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    try await work()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private func milliseconds(_ seconds: Double) -> String {
    String(format: "%.2f ms", seconds * 1000)
  }

  private func report(_ what: String, _ figure: String) { print("journal: \(what): \(figure)") }
}
