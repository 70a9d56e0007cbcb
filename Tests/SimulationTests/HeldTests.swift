import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Synchronization
import Testing

/// Locks, drifts, lost hosts and people keep anything from starting; nothing has failed for that.
@Suite("What keeps attempts from starting")
struct HeldTests {
  private let base = TestPlan.step("base", check: "look-base", rollback: "undo-base") {
    $0.checks[0].isLasting = true
  }

  private func confirm(_ path: String) -> Statement {
    TestPlan.step(path, on: nil) {
      $0.action = .confirm(Template(text: "go on?"))
      $0.rollback = .notNeeded
    }
  }

  private func fleet(failing: Set<String> = []) -> SimulatedFleet {
    SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(status: failing.contains(script) ? 1 : 0)
    }
  }

  private func index(
    of simulation: Simulation, after isIt: (Event) -> Bool
  ) async throws -> Int {
    try #require(await simulation.journal.facts.firstIndex { isIt($0.event) }) + 1
  }

  private func dies(_ simulation: Simulation, at event: Int) async throws {
    await simulation.journal.crash(at: event)
    #expect(try await simulation.drive() == .journalFailed(.other("crash")))
    await simulation.journal.crash(at: nil)
  }

  @Test func aQuestionBesideAFailureIsAskedAgainByAResume() async throws {
    let alternatives = [
      TestPlan.scope(
        "one", onFailure: .continue,
        [
          TestPlan.step("one/pre", rollback: "undo-pre"),
          .parallel(
            Parallel(
              branches: [
                Parallel.Branch(TestPlan.step("one/bad")), Parallel.Branch(confirm("one/ask")),
              ], origin: TestPlan.origin)),
        ]), TestPlan.scope("two", [TestPlan.step("two/other")]),
    ]
    let plan = TestPlan.make([
      base, .firstOf(FirstOf(alternatives: alternatives, origin: TestPlan.origin)),
    ])
    let fleet = fleet(failing: ["one/bad"])
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    for _ in 0..<3 { #expect(try await simulation.drive() == .stopped(.waitingForPerson)) }
    #expect(fleet.started["undo-pre@db1"] == nil && fleet.started["two/other@db1"] == nil)
    var wishes = ResumeWishes()
    wishes.approved = ["one/ask"]
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
    #expect(fleet.started["undo-pre@db1"] == 1 && fleet.started["two/other@db1"] == 1)
  }

  @Test func aDriftStopsARetryThatWaitsAndOneThatMayRunTwice() async throws {
    for isInterrupted in [false, true] {
      let plan = TestPlan.make([
        base,
        TestPlan.step("act") {
          $0.retry = Retry(attempts: .literal(5), every: .literal(2000))
          $0.rerunIfInterrupted = true
        },
      ])
      let isDrifted = Mutex(false)
      let fleet = SimulatedFleet { _, script, _ in
        let fails = script == "look-base" ? isDrifted.withLock { $0 } : script == "act"
        return SimulatedFleet.Result(
          status: fails ? 1 : 0, looks: script == "act" && isInterrupted ? 9 : 0)
      }
      let whole = Simulation(plan, hosts: 1, fleet: self.fleet(failing: ["act"]))
      #expect(try await whole.drive() == .ended(.failed))
      let simulation = Simulation(plan, hosts: 1, fleet: fleet)
      try await dies(
        simulation,
        at: try await index(of: whole) { event in
          if isInterrupted {
            if case .attemptStarted(TaskID("act", host: "db1"), _) = event { true } else { false }
          } else {
            if case .retryScheduled = event { true } else { false }
          }
        } + (isInterrupted ? 1 : 0))
      if isInterrupted { fleet.powerCut("db1") }
      isDrifted.withLock { $0 = true }
      #expect(try await simulation.drive() == .stopped(.drifted), "\(isInterrupted)")
      #expect(fleet.started["act@db1"] == 1, "\(isInterrupted)")
      var wishes = ResumeWishes()
      wishes.ignoresDrift = true
      #expect(try await simulation.drive(wishes) == .ended(.failed), "\(isInterrupted)")
      #expect(fleet.started["act@db1"] == 5, "\(isInterrupted)")
    }
  }

  @Test func aDriftHoldsBackWhatNoHostHasBegun() async throws {
    let plan = TestPlan.make([base, TestPlan.step("act")])
    let whole = Simulation(plan, hosts: 2, fleet: fleet())
    #expect(try await whole.drive() == .ended(.succeeded))
    let isDrifted = Mutex(false)
    let fleet = SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(status: script == "look-base" && isDrifted.withLock { $0 } ? 1 : 0)
    }
    let simulation = Simulation(plan, hosts: 2, fleet: fleet)
    try await dies(
      simulation,
      at: try await index(of: whole) { event in
        if case .attemptStarted(TaskID("act", host: "db1"), _) = event { true } else { false }
      } + 1)
    isDrifted.withLock { $0 = true }
    for _ in 0..<2 { #expect(try await simulation.drive() == .stopped(.drifted)) }
    #expect(fleet.started == ["base@db1": 1, "base@db2": 1])
    isDrifted.withLock { $0 = false }
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started["act@db1"] == 1 && fleet.started["act@db2"] == 1)
  }

  /// It has begun; only for what has not the failure beside it is the end.
  @Test func aRetryBesideAFailureComesAlsoAfterAResume() async throws {
    let plan = TestPlan.make([
      base,
      .parallel(
        Parallel(
          branches: [
            Parallel.Branch(TestPlan.step("bad")),
            Parallel.Branch(
              TestPlan.step("flaky") {
                $0.retry = Retry(attempts: .literal(3), every: .literal(4000))
              }),
          ], origin: TestPlan.origin)),
    ])
    func fleet() -> SimulatedFleet {
      SimulatedFleet { _, script, before in
        SimulatedFleet.Result(status: script == "bad" || script == "flaky" && before == 0 ? 1 : 0)
      }
    }
    let whole = Simulation(plan, hosts: 1, fleet: fleet())
    #expect(try await whole.drive() == .ended(.failed))
    let fleet = fleet()
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    try await dies(
      simulation,
      at: try await index(of: whole) { if case .retryScheduled = $0 { true } else { false } })
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started == ["base@db1": 1, "bad@db1": 1, "flaky@db1": 2])
  }

  @Test func aRollbackDoesNotWaitForAnAnswerThatChangesNothing() async throws {
    let plan = TestPlan.make([
      TestPlan.step("a", check: "never", within: 600_000, rollback: "undo-a")
    ])
    let fleet = fleet(failing: ["never"])
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    try await dies(simulation, at: 8)
    let before = simulation.clock.now()
    #expect(try await simulation.rollBack() == .ended(.rolledBack))
    #expect(simulation.clock.now() < before + 60_000)
    #expect(fleet.started == ["a@db1": 1, "undo-a@db1": 1])
  }

  @Test func aRollbackStartsNothingThatHadNotBegun() async throws {
    let plan = TestPlan.make([
      TestPlan.step("a", rollback: "undo-a"), TestPlan.step("wipe"),
    ])
    let whole = Simulation(plan, hosts: 1, fleet: fleet())
    #expect(try await whole.drive() == .ended(.succeeded))
    let fleet = fleet()
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    try await dies(
      simulation,
      at: try await index(of: whole) { event in
        if case .attemptStarted(TaskID("wipe", host: "db1"), _) = event { true } else { false }
      })
    #expect(try await simulation.rollBack() == .ended(.rolledBack))
    #expect(fleet.started == ["a@db1": 1, "undo-a@db1": 1])
  }

  @Test func aParallelGoesOnAfterAStepThatSaysSo() async throws {
    let plan = TestPlan.make([
      .parallel(
        Parallel(
          branches: [
            Parallel.Branch(TestPlan.step("c"), after: [2]), Parallel.Branch(TestPlan.step("b")),
            Parallel.Branch(TestPlan.step("a") { $0.onFailure = .continue }),
          ], origin: TestPlan.origin)), TestPlan.step("d"),
    ])
    for failing in [["a"], ["a", "b"]] {
      let fleet = fleet(failing: Set(failing))
      #expect(try await Simulation(plan, hosts: 1, fleet: fleet).drive() == .ended(.failed))
      let isStopped = failing.contains("b")
      #expect(fleet.started["d@db1"] == (isStopped ? nil : 1), "\(failing)")
      #expect(fleet.started["b@db1"] == 1 && fleet.started["a@db1"] == 1)
    }
    let fleet = fleet(failing: ["a"])
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started == ["a@db1": 1, "b@db1": 1, "c@db1": 1, "d@db1": 1])
  }

  /// The one who drives gives up, the next owner begins again.
  @Test(arguments: [(nil, 2), (3, 3)] as [(Int?, Int)])
  func interruptionsCountAsAttempts(_ retry: Int?, _ most: Int) {
    let plan = TestPlan.make([
      TestPlan.step("act") {
        $0.rerunIfInterrupted = true
        $0.retry = retry.map { Retry(attempts: .literal($0)) }
      }
    ])
    var state = RunState(plan: plan, binding: TestPlan.binding(hosts: 1))
    var now = Timestamp(milliseconds: 1_700_000_000_000)
    func tell(_ event: Event) { state.apply(Fact(time: now, event: event)) }
    tell(
      .runStarted(
        RunDescription(
          id: "sim", runbook: "test", title: nil, operator: "test", machine: "here")))
    for owner in 1...2 {
      now = now + 1
      tell(.ownerTook(epoch: owner, process: 1, operator: "test"))
      tell(.hostGreeted(host: "db1", bootID: "boot", directoryID: "one", freeBytes: 1 << 30))
      var agenda = Scheduler.advance(&state, at: now)
      var attempts = 0
      while agenda.stop == nil, attempts < 20 {
        for fact in agenda.facts {
          if case .attemptStarted = fact.event { attempts += 1 }
        }
        now = now + 1
        tell(.doubtRaised(TaskID("act", host: "db1"), .wrapperDied))
        agenda = Scheduler.advance(&state, at: now)
      }
      #expect(agenda.stop == .inDoubt)
      #expect(attempts == most)
    }
  }
}
