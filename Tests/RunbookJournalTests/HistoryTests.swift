import Glibc
import RunbookCore
import RunbookEngine
import Testing

@testable import RunbookJournal

@Suite struct HistoryTests {
  private let directory = TemporaryDirectory()

  @Test func runsAreListedNewestFirstWithTheirState() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let ended = try await file.begin(sampleSource("aaa1", hosts: 3))
    try await ended.append([entry(.runEnded(.succeeded), at: 1_700_000_009_000)])
    await ended.release()
    let stopped = try await file.begin(sampleSource("bbb2"))
    try await stopped.append([entry(.ownerLeft(.hostUnreachable(["db-1"])))])
    await stopped.release()
    try await file.begin(sampleSource("ccc3")).release()
    let running = try await file.begin(sampleSource("ddd4", runbook: "other"))

    let history = try await RunHistory.open(directory: directory.state)
    let runs = try await history.runs()
    #expect(runs.map(\.id) == ["ddd4", "ccc3", "bbb2", "aaa1"])
    #expect(
      runs.map(\.state) == [
        .running, .interrupted, .stopped(.hostUnreachable(["db-1"])), .ended(.succeeded),
      ])
    #expect(runs.map(\.isResumable) == [false, true, true, false])
    #expect(runs[0].owner == RunOwner(process: Int(getpid()), isStopped: false))
    #expect(runs[3].ended == Timestamp(milliseconds: 1_700_000_009_000))
    #expect(runs[3].hostCount == 3 && runs[3].eventCount == 3)
    #expect(runs[3].runbook == "hello" && runs[3].operator == "root")
    #expect(try await history.runs(limit: 1).map(\.id) == ["ddd4"])
    await running.release()
  }

  @Test func aFailedRunCanBeResumedAndThenHasNotEnded() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let first = try await file.begin(sampleSource("aaa1"))
    try await first.append([entry(.runEnded(.failed))])
    await first.release()
    let history = try await RunHistory.open(directory: directory.state)
    #expect(try await history.summary(of: "aaa1").isResumable)
    let (second, _) = try await file.takeOver(run: "aaa1")
    try await second.append([entry(.ownerTook(epoch: 2, process: 1, operator: "root"))])
    let summary = try await history.summary(of: "aaa1")
    #expect(summary.state == .running && summary.ended == nil && !summary.isResumable)
    try await second.append([entry(.runEnded(.rolledBack))])
    await second.release()
    #expect(try await !history.summary(of: "aaa1").isResumable)
  }

  @Test func whatAPersonTypesNamesOneRun() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    for (id, runbook) in [
      ("7f3c", "hello"), ("7f3d", "hello"), ("7a22", "verify"), ("ver1", "precheck"),
    ] {
      let journal = try await file.begin(sampleSource(id, runbook: runbook))
      if id == "ver1" { try await journal.append([entry(.runEnded(.succeeded))]) }
      await journal.release()
    }
    let history = try await RunHistory.open(directory: directory.state)
    #expect(try await history.find("7f3c").id == "7f3c")
    #expect(try await history.find("7a").id == "7a22")
    #expect(try await history.find("hello").id == "7f3d")
    #expect(try await history.find(nil).id == "7a22")
    await #expect(throws: JournalError.ambiguousRun("7f", matches: ["7f3d", "7f3c"])) {
      _ = try await history.find("7f")
    }
    await #expect(throws: JournalError.noSuchRun("helo", suggestions: ["hello"])) {
      _ = try await history.find("helo")
    }
    await #expect(throws: JournalError.noSuchRun("", suggestions: [])) {
      _ = try await history.find("")
    }
  }

  @Test func aRunbooksNameIsNotTakenForTheBeginningOfAnId() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    try await file.begin(sampleSource("db12", runbook: "hello")).release()
    try await file.begin(sampleSource("7f3c", runbook: "db")).release()
    let history = try await RunHistory.open(directory: directory.state)
    #expect(try await history.find("db").id == "7f3c")
    #expect(try await history.find("db1").id == "db12")
  }

  @Test func aRunThatRunsIsMeantWhereNoneCanBeResumed() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let history = try await RunHistory.open(directory: directory.state)
    await #expect(throws: JournalError.noSuchRun("", suggestions: [])) {
      _ = try await history.find(nil)
    }
    let journal = try await file.begin(sampleSource("7f3c"))
    #expect(try await history.find(nil).id == "7f3c")
    await journal.release()
  }

  @Test func aFollowerSeesEveryFactOnce() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let history = try await RunHistory.open(directory: directory.state)
    var seen: [StoredFact] = []
    for number in 0..<5 {
      try await journal.append(task(number))
      seen += try await history.facts(of: "7f3c", after: seen.last?.sequence ?? 0)
    }
    #expect(seen.map(\.sequence) == Array(1...17))
    #expect(try await history.facts(of: "7f3c", after: 17) == [])
    #expect(try await history.facts(of: "7f3c", after: 3, limit: 2) == Array(seen[3..<5]))
    #expect(try await history.source(of: "7f3c") == sampleSource("7f3c"))
    await journal.release()
  }

  @Test func theSummariesMadeAnewAreTheOnesThatWereKept() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let endings: [[Event]] = [
      [], [.ownerLeft(.detached)], [.runEnded(.failed)],
      [
        .runEnded(.failed), .ownerTook(epoch: 1, process: 1, operator: "x"), .driftIgnored(by: "x"),
      ],
      [.ownerLeft(.inDoubt), .runEnded(.cancelled)],
      [.ownerLeft(.stateUnusable("x")), .ownerTook(epoch: 1, process: 1, operator: "x")],
    ]
    for (number, ending) in endings.enumerated() {
      let journal = try await file.begin(sampleSource("run\(number)", hosts: number))
      try await journal.append(task(number) + ending.map { entry($0) })
      await journal.release()
    }
    let history = try await RunHistory.open(directory: directory.state)
    let kept = try await history.runs()
    try await file.rebuildProjection()
    #expect(try await history.runs() == kept)
    #expect(kept.count == endings.count)
  }

  @Test func aRequestReachesTheOwnerAndItsAnswerTheAsker() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    let journal = try await file.begin(sampleSource("7f3c"))
    let asker = try await JournalFile.open(directory: directory.state)
    let approval = try await asker.request(.approve(step: "stop"), of: "7f3c", by: "ada")
    let denial = try await asker.request(.deny(step: "clean"), of: "7f3c", by: "ada")
    let cancel = try await asker.request(.cancel, of: "7f3c", by: "bob")
    let requests = try await journal.requests()
    #expect(
      requests == [
        OperatorRequest(id: approval, kind: .approve(step: "stop"), by: "ada"),
        OperatorRequest(id: denial, kind: .deny(step: "clean"), by: "ada"),
        OperatorRequest(id: cancel, kind: .cancel, by: "bob"),
      ])
    // One approval of a step on two hosts becomes two events.
    var events = [
      entry(.confirmed(TaskID("stop", host: "a"), by: "ada")),
      entry(.confirmed(TaskID("stop", host: "b"), by: "ada")),
    ]
    for index in events.indices { events[index].request = approval }
    try await journal.append(events)
    #expect(try await journal.requests().map(\.id) == [denial, cancel])
    let history = try await RunHistory.open(directory: directory.state)
    #expect(try await history.answer(to: approval) == .event(3))
    #expect(try await history.answer(to: cancel) == nil)
    try await journal.refuse([approval, denial])
    try await asker.withdraw(cancel)
    #expect(try await journal.requests() == [])
    #expect(try await history.answer(to: approval) == .event(3), "what was answered stays so")
    #expect(try await history.answer(to: denial) == .refused)
    #expect(try await history.answer(to: cancel) == .refused)
    await #expect(throws: JournalError.noSuchRun("none", suggestions: [])) {
      _ = try await asker.request(.cancel, of: "none", by: "bob")
    }
  }

  @Test func runIDsAreShortNewAndNoWords() async throws {
    let file = try await JournalFile.open(directory: directory.state)
    for _ in 0..<50 {
      let id = try await file.newRunID()
      #expect(id.count == 4 && RunID.isValid(id) && id.contains(where: \.isNumber))
    }
    #expect(!RunID.isValid("../x") && !RunID.isValid("") && !RunID.isValid("A"))
  }
}
