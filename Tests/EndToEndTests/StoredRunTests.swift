import Foundation
import RunbookTestSupport
import Testing

/// Journals that earlier versions wrote, with plans of every form: this version reads them and goes
/// on with them. `Fixtures/stored/make` writes one more.
@Suite("Runs that earlier versions stored", .serialized)
struct StoredRunTests {
  private static let fixtures =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/stored"

  static let journals = ((try? FileManager.default.contentsOfDirectory(atPath: fixtures)) ?? [])
    .filter { $0.hasSuffix(".sqlite") }.sorted()

  /// A place with a copy of the journal, and what the run left in the home of its operator.
  private func place(_ journal: String) async throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      atPath: place.directory + "/state", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: "\(Self.fixtures)/\(journal)", toPath: place.directory + "/state/reprise.sqlite")
    try place.write("prepared", "x\n")
    for run in try await Self.runs(in: place) {
      let directory = "/supervisor/reprise/\(run.id)/local"
      try FileManager.default.createDirectory(
        atPath: place.directory + directory, withIntermediateDirectories: true)
      try place.write(directory + "/id", run.directoryID + ".\n")
    }
    // These paths stand in the plan.
    try "KEY=\"a stored key\"\n".write(
      toFile: Self.named + "env", atomically: true, encoding: .utf8)
    return place
  }

  /// The runs, and what they know of the directory that they left here.
  private static func runs(in place: Workplace) async throws
    -> [(id: String, directoryID: String)]
  {
    var runs: [(id: String, directoryID: String)] = []
    for name in ["stored", "undone"] {
      let events = try await place.shell(
        "\"$reprise\" history \(name) --events --json --state state"
      ).text
      let id = try #require(events.firstMatch(of: #/"run":"([^"]+)"/#)).1
      let directory = try #require(events.matches(of: #/"directoryID":"([^"]+)"/#).last).1
      runs.append((String(id), String(directory)))
    }
    return runs
  }

  private static let named = "/tmp/reprise-stored-run."

  private func tidy() {
    for end in ["env", "md", "txt"] {
      try? FileManager.default.removeItem(atPath: Self.named + end)
    }
  }

  private func reprise(
    _ arguments: String..., in place: Workplace
  ) async throws -> RepriseProcess.Result {
    try await RepriseProcess(
      arguments + ["--state", place.directory + "/state"], in: place.directory,
      environment: [
        "HOME": place.directory, "XDG_STATE_HOME": place.directory + "/supervisor",
        "STORED_TOKEN": "a stored token",
      ]
    ).wait()
  }

  @Test func thereAreSome() { #expect(!Self.journals.isEmpty) }

  @Test(arguments: journals)
  func areShownWhole(_ journal: String) async throws {
    let place = try await place(journal)
    let runs = try await reprise("runs", "--json", in: place)
    #expect(runs.status == 0, "\(runs.errorText)")
    #expect(runs.text.split(separator: "\n").count == 2)
    let events = try await reprise("history", "stored", "--events", "--json", in: place)
    #expect(events.status == 0, "\(events.errorText)")
    #expect(events.text.contains(#""event":"retryScheduled""#))
    let history = try await reprise("history", "stored", "--step", "prepare", in: place)
    #expect(history.text.contains("prepare"), "\(history.text) \(history.errorText)")
    let shown = try await reprise("show", "stored", in: place)
    #expect(shown.text.contains("hosts-there"), "\(shown.text) \(shown.errorText)")
    #expect(shown.text.contains("= again"), "\(shown.text)")
    let logs = try await reprise("logs", "stored", "prepare", in: place)
    #expect(logs.text == "prepared told\n")
    #expect(logs.errorText == "on the other stream\n")
    let undone = try await reprise("history", "undone", in: place)
    #expect(undone.text.contains("rollback"), "\(undone.text) \(undone.errorText)")
    // Its chain is intact, its plan the one that was stored.
    for run in ["stored", "undone"] {
      let report = try await reprise("report", run, "--format", "json", in: place)
      #expect(report.status == 0, "\(report.errorText)")
      #expect(report.text.contains("chainHead"))
    }
  }

  @Test(arguments: journals)
  func goOnWhereTheyStopped(_ journal: String) async throws {
    let place = try await place(journal)
    defer { tidy() }
    let waiting = try await reprise("resume", "stored", in: place)
    #expect(waiting.status == 75, "\(waiting.text) \(waiting.errorText)")
    let resumed = try await reprise("resume", "stored", "--approve", "ask", in: place)
    #expect(resumed.status == 0, "\(resumed.text) \(resumed.errorText)")
    let after = try String(contentsOfFile: place.directory + "/after", encoding: .utf8)
    #expect(after == "prepared told, here\n")
    let prepared = try String(contentsOfFile: place.directory + "/prepared", encoding: .utf8)
    #expect(prepared == "x\n", "what ended well ran again")
    for name in ["twice", "tried", "undone"] {
      #expect(!FileManager.default.fileExists(atPath: "\(place.directory)/\(name)"), "\(name)")
    }
    #expect(try await reprise("resume", "undone", in: place).status == 1)
  }

  @Test(arguments: journals)
  func areRolledBackByThePlanTheyBeganWith(_ journal: String) async throws {
    let place = try await place(journal)
    defer { tidy() }
    let undone = try await reprise("rollback", "stored", in: place)
    #expect(undone.status == 0, "\(undone.text) \(undone.errorText)")
    #expect(!FileManager.default.fileExists(atPath: place.directory + "/prepared"))
  }
}
