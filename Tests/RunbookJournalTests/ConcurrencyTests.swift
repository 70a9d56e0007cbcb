import Foundation
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite(.serialized) struct ConcurrencyTests {
  private let directory = TemporaryDirectory()

  @Test func twoProcessesWriteTheirRunsAtOnceAndAThirdReads() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    for run in ["aaa1", "bbb2"] { try await file.begin(sampleSource(run)).release() }
    let first = try await Writer("write", state: directory.state, run: "aaa1")
    let second = try await Writer("write", state: directory.state, run: "bbb2")
    let history = try await RunHistory.open(directory: directory.state)
    var seen = 0
    var glances = 0
    let end = ContinuousClock.now + .seconds(60)
    while glances < 20, ContinuousClock.now < end {
      let facts = try await history.facts(of: "aaa1", after: seen)
      #expect(facts.map(\.sequence) == Array(seen + 1..<seen + facts.count + 1))
      seen += facts.count
      if !facts.isEmpty { glances += 1 }
    }
    _ = FileManager.default.createFile(atPath: directory.state + "/enough", contents: nil)
    await first.end()
    await second.end()
    #expect(glances == 20)
    for run in ["aaa1", "bbb2"] {
      let (_, stored) = try await file.takeOver(run: run)
      #expect(stored.facts.count % 3 == 0 && stored.facts.count > 5)
      guard case .intact = try await history.verify(run) else {
        Issue.record("\(run) is broken")
        continue
      }
    }
  }

  @Test func manyOpenTheFileForTheFirstTimeAtOnce() async throws {
    let state = directory.state
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<12 {
        group.addTask {
          let file = try await JournalFile.open(directory: state)
          try await file.begin(sampleSource("run\(number)")).release()
        }
      }
      try await group.waitForAll()
    }
    let history = try await RunHistory.open(directory: state)
    #expect(try await history.runs().count == 12)
  }
}
