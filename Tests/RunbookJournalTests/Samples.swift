import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport

@testable import RunbookJournal

/// A directory of its own for one test; removed with it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    let base = FileManager.default.temporaryDirectory.path
    path = base + "/journal-test-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var state: String { path + "/state" }
  var database: String { state + "/reprise.sqlite" }
}

func sampleSource(_ id: String, runbook: String = "hello", hosts: Int = 2) -> RunSource {
  let origin = Origin(file: "\(runbook).runbook", line: 1, column: 1)
  var plan = Plan(name: runbook, title: "Hello", documentation: "Says hello.", origin: origin)
  var step = Step(path: "greet", name: "greet", environment: 0, origin: origin)
  step.action = .run(Code(text: "echo hello\n", origin: origin))
  plan.environments = [NameTable(meanings: ["who": .literal(.string("world"))])]
  plan.body = [.step(step)]
  let members = (0..<hosts).map { Host(name: "db-\($0)", address: "10.0.0.\($0)") }
  return RunSource(
    description: RunDescription(
      id: id, runbook: runbook, title: "Hello", operator: "root", machine: "install-01"),
    plan: plan, sources: ["\(runbook).runbook": "runbook hello\n"],
    binding: Binding(
      hosts: members, groups: ["db": members.map(\.name)], inputs: ["wait": .duration(1500)]))
}

func entry(_ event: Event, at time: Int = 1_700_000_000_000, output: [UInt8] = []) -> JournalEntry {
  JournalSamples.entry(event, at: time, output: output)
}

func task(_ number: Int, output: [UInt8] = Array("hello\n".utf8)) -> [JournalEntry] {
  JournalSamples.task(number, output: output)
}

/// The first batch of a run.
func opening(_ source: RunSource, epoch: Int = 1) -> [JournalEntry] {
  [
    entry(.runStarted(source.description)),
    entry(.ownerTook(epoch: epoch, process: Int(getpid()), operator: "root")),
  ]
}

extension JournalFile {
  /// A run that has begun.
  func begin(_ source: RunSource) async throws -> RunJournal {
    let journal = try await createRun(source)
    try await journal.append(opening(source))
    return journal
  }
}
