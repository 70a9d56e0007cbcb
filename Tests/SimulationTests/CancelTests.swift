import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

/// Runs that a person ends or undoes: nothing starts then that was not asked for.
@Suite("Cancelled and undone runs")
struct CancelTests {
  private func step(
    _ path: String, _ change: (inout Step) -> Void = { _ in }
  ) -> Statement {
    TestPlan.step(path, rollback: "undo-" + path, change)
  }

  /// A fleet on which the named script takes many looks the first time.
  private func fleet(long: String, failing: Set<String> = []) -> SimulatedFleet {
    SimulatedFleet { _, script, before in
      SimulatedFleet.Result(
        status: failing.contains(script) ? 1 : 0, looks: script == long && before == 0 ? 50 : 0)
    }
  }

  private func cancel(_ simulation: Simulation) async throws {
    await simulation.journal.request(.cancel, by: "eve")
    #expect(try await simulation.drive() == .ended(.cancelled))
  }

  @Test func aCancelIsNoFailureThatAScopeActsUpon() async throws {
    let plan = TestPlan.make(
      [step("one"), step("two")], onFailure: .rollback)
    let fleet = fleet(long: "two")
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    try await cancel(simulation)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started == ["one@db1": 1, "two@db1": 2])
  }

  @Test func aCancelLeadsToNoOtherAlternative() async throws {
    let plan = TestPlan.make([
      .firstOf(
        FirstOf(
          alternatives: ["a", "b"].map { name in
            TestPlan.scope(name, [step("\(name)/x")])
          }, origin: TestPlan.origin))
    ])
    let fleet = fleet(long: "a/x")
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    try await cancel(simulation)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started == ["a/x@db1": 2])
  }

  /// The next owner sees the cancel through; the one after it goes on.
  @Test func anEngineThatDiesWhileItCancelsLeavesNoFailureEither() async throws {
    let plan = TestPlan.make(
      [step("one"), step("two")], onFailure: .rollback)
    let whole = Simulation(plan, hosts: 1, fleet: fleet(long: "two"))
    try await cancel(whole)
    let facts = await whole.journal.facts
    let asked = facts.firstIndex { if case .cancelRequested = $0.event { true } else { false } }
    for crash in (try #require(asked) + 1)..<facts.count {
      let fleet = fleet(long: "two")
      let simulation = Simulation(plan, hosts: 1, fleet: fleet)
      await simulation.journal.request(.cancel, by: "eve")
      await simulation.journal.crash(at: crash)
      #expect(try await simulation.drive() == .journalFailed(.other("crash")))
      await simulation.journal.crash(at: nil)
      #expect(try await simulation.drive() == .ended(.cancelled), "crash at event \(crash)")
      #expect(try await simulation.drive() == .ended(.succeeded), "crash at event \(crash)")
      #expect(fleet.started["undo-one@db1"] == nil, "crash at event \(crash)")
    }
  }

  @Test func aCancelledRollbackStartsNoFurtherOne() async throws {
    let plan = TestPlan.make(
      [
        step("one"), step("two"),
        step("three"),
      ], onFailure: .rollback)
    let fleet = fleet(long: "undo-three", failing: ["three"])
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    try await cancel(simulation)
    #expect(fleet.started["undo-two@db1"] == nil)
    #expect(try await simulation.drive() == .ended(.rolledBack))
    #expect(fleet.started["undo-two@db1"] == 1)
    #expect(fleet.started["undo-one@db1"] == 1)
  }

  /// A question that `cancel` ended says nothing of an action that had ended well.
  @Test func aCancelledCheckIsAskedAgainAndItsActionIsNot() {
    let plan = TestPlan.make([TestPlan.step("one", on: nil, check: "look")])
    var state = RunState(plan: plan, binding: TestPlan.binding(hosts: 1))
    let description = RunDescription(
      id: "sim", runbook: "test", title: nil, operator: "test", machine: "here")
    let id = TaskID("one")
    for event in [
      Event.runStarted(description), .ownerTook(epoch: 1, process: 1, operator: "test"),
      .hostGreeted(host: nil, bootID: "b", directoryID: "d", freeBytes: 1 << 30),
      .stepStarted(Instance("one"), hosts: [nil]),
      .attemptStarted(id, Attempt(key: "1.1", number: 1, purpose: .forward)),
      .cancelRequested(by: "eve"),
      .exchangeEnded(
        key: "1.1", ExchangeEnd(verdict: .checkFailed(0), status: 0, cancelled: true),
        mayLackOutput: false),
    ] { state.apply(Fact(time: Timestamp(milliseconds: 1), event: event)) }
    _ = Scheduler.advance(&state, at: Timestamp(milliseconds: 2))
    #expect(state.outcome == .cancelled)
    #expect(state.tasks[id]?.outcome == nil)
    state.apply(
      Fact(
        time: Timestamp(milliseconds: 3),
        event: .ownerTook(epoch: 2, process: 1, operator: "test")))
    state.apply(
      Fact(
        time: Timestamp(milliseconds: 3),
        event: .hostGreeted(host: nil, bootID: "b", directoryID: "d", freeBytes: 1 << 30)))
    let agenda = Scheduler.advance(&state, at: Timestamp(milliseconds: 4))
    #expect(agenda.wants == [.poll(id)])
  }

  @Test func aRunThatIsUndoneTriesNothingAgain() async throws {
    let plan = TestPlan.make([
      step("one"),
      step("two") {
        $0.retry = Retry(attempts: .literal(5), every: .literal(60_000))
      },
    ])
    let whole = Simulation(plan, hosts: 1, fleet: fleet(long: "", failing: ["two"]))
    #expect(try await whole.drive() == .ended(.failed))
    let pause = await whole.journal.facts.firstIndex {
      if case .retryScheduled = $0.event { true } else { false }
    }
    let fleet = fleet(long: "", failing: ["two"])
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    await simulation.journal.crash(at: try #require(pause) + 1)
    _ = try await simulation.drive()
    await simulation.journal.crash(at: nil)
    #expect(try await simulation.rollBack() == .ended(.rolledBack))
    #expect(
      fleet.started == ["one@db1": 1, "two@db1": 1, "undo-two@db1": 1, "undo-one@db1": 1])
  }

  /// The step's host loses its power in mid-action.
  private func interrupted(_ change: (inout Step) -> Void) async throws
    -> (Simulation, SimulatedFleet)
  {
    let plan = TestPlan.make([step("long", change)])
    let fleet = SimulatedFleet { _, script, before in
      let isLong = (script == "long" || script == "undo") && before == 0
      return SimulatedFleet.Result(output: "abcd", looks: isLong ? 50 : 0)
    }
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    // With the first output that is journaled.
    await simulation.journal.crash(at: 6)
    _ = try await simulation.drive()
    #expect(fleet.started["long@db1"] == 1)
    fleet.powerCut("db1")
    await simulation.journal.crash(at: nil)
    return (simulation, fleet)
  }

  @Test func whatMayRunTwiceIsNotRunAgainToBeUndone() async throws {
    let (simulation, fleet) = try await interrupted { $0.rerunIfInterrupted = true }
    #expect(try await simulation.rollBack() == .ended(.rolledBack))
    #expect(fleet.started == ["long@db1": 1, "undo-long@db1": 1])
  }

  @Test func theCheckOfAnInterruptedRollbackDecides() async throws {
    let (simulation, fleet) = try await interrupted {
      $0.rerunIfInterrupted = true
      $0.rollback = .code(TestPlan.code("undo"), checks: [TestPlan.check("look")])
    }
    // The owner, the rollback, the host, the doubt about `long`, the intent, the first output.
    await simulation.journal.crash(at: await simulation.journal.facts.count + 6)
    _ = try await simulation.rollBack()
    #expect(fleet.started["undo@db1"] == 1)
    fleet.powerCut("db1")
    await simulation.journal.crash(at: nil)
    #expect(try await simulation.rollBack() == .ended(.rolledBack))
    #expect(fleet.started["undo@db1"] == 1)
    let undo = await simulation.state.tasks[TaskID("long", host: "db1")]?.undo
    #expect(undo == .ended(.doneByCheck))
  }
}
