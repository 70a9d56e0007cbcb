import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@Suite("Scopes: failures, rollbacks, alternatives, batches")
struct ScopeTests {
  /// A fleet on which scripts that are named in `failing` (with `@HOST` or without) exit with 1.
  private func fleet(failing: Set<String>) -> SimulatedFleet {
    SimulatedFleet { host, script, _ in
      let fails = failing.contains(script) || failing.contains("\(script)@\(host)")
      return SimulatedFleet.Result(status: fails ? 1 : 0)
    }
  }

  @Test func stopsAtTheFirstFailureAndResumesOnlyWhatFailed() async throws {
    let plan = TestPlan.make([TestPlan.step("a"), TestPlan.step("b"), TestPlan.step("c")])
    let fleet = SimulatedFleet { host, script, before in
      SimulatedFleet.Result(status: script == "b" && host == "db2" && before == 0 ? 1 : 0)
    }
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started["c@db1"] == nil)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started["b@db1"] == 1)
    #expect(fleet.started["b@db2"] == 2)
    #expect(fleet.started["c@db2"] == 1)
  }

  @Test func undoesAScopeInReverseOrderOfItsEnds() async throws {
    let plan = TestPlan.make([
      TestPlan.step("before", rollback: "undo-before"),
      TestPlan.phase(
        "work", onFailure: .rollback,
        [
          TestPlan.step("work/a", rollback: "undo-a"), TestPlan.step("work/kept"),
          TestPlan.step("work/b", rollback: "undo-b"),
          TestPlan.step("work/c", rollback: "undo-c"),
        ]),
    ])
    let fleet = fleet(failing: ["work/c@db1"])
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started["undo-before@db1"] == nil)
    let undone = await simulation.journal.facts.compactMap { fact -> String? in
      if case .rollbackTaskEnded(let id, .done) = fact.event { return id.description }
      return nil
    }
    #expect(
      undone == ["work/c", "work/b", "work/a"].flatMap { s in (1...3).map { "\(s)@db\($0)" } })
    // What failed is undone, so there is nothing to try again; the rest can be undone, too.
    await #expect(throws: ResumeProblem.isDeadEnd) { try await simulation.drive() }
    #expect(try await simulation.rollBack() == .ended(.rolledBack))
    #expect(fleet.started["undo-before@db1"] == 1 && fleet.started["undo-a@db1"] == 1)
  }

  @Test func aRollbackOfAPartThatFailedIsResumed() async throws {
    let plan = TestPlan.make([
      TestPlan.phase(
        "work", onFailure: .rollback,
        [
          TestPlan.step("work/a", rollback: "undo-a"), TestPlan.step("work/b", rollback: "undo-b"),
        ])
    ])
    let fleet = SimulatedFleet { _, script, before in
      SimulatedFleet.Result(status: script == "work/b" || script == "undo-a" && before == 0 ? 1 : 0)
    }
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started["undo-a@db1"] == 1)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started["undo-a@db1"] == 2 && fleet.started["undo-b@db1"] == 1)
    await #expect(throws: ResumeProblem.isDeadEnd) { try await simulation.drive() }
  }

  @Test func aRolledBackRunCannotBeResumed() async throws {
    let plan = TestPlan.make(
      [TestPlan.step("a", rollback: "undo-a"), TestPlan.step("b", rollback: "undo-b")],
      onFailure: .rollback)
    let simulation = Simulation(plan, fleet: fleet(failing: ["b"]))
    #expect(try await simulation.drive() == .ended(.rolledBack))
    await #expect(throws: ResumeProblem.isRolledBack) { try await simulation.drive() }
  }

  @Test func aFailedRollbackStopsThereAndIsResumed() async throws {
    let plan = TestPlan.make(
      [
        TestPlan.step("a", rollback: "undo-a"), TestPlan.step("b", rollback: "undo-b"),
        TestPlan.step("c", rollback: "undo-c"),
      ], onFailure: .rollback)
    let fleet = SimulatedFleet { _, script, before in
      SimulatedFleet.Result(status: script == "c" || (script == "undo-b" && before == 0) ? 1 : 0)
    }
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.rollbackFailed))
    #expect(fleet.started["undo-a@db1"] == nil)
    #expect(try await simulation.drive() == .ended(.rolledBack))
    #expect(fleet.started["undo-c@db1"] == 1)
    #expect(fleet.started["undo-b@db1"] == 2)
    #expect(fleet.started["undo-a@db1"] == 1)
  }

  @Test func continuesWithTheOtherStatementsAndThenFails() async throws {
    let plan = TestPlan.make([
      TestPlan.phase(
        "gather", onFailure: .continue, [TestPlan.step("gather/a"), TestPlan.step("gather/b")]),
      TestPlan.step("after"),
    ])
    let fleet = fleet(failing: ["gather/a@db1"])
    #expect(try await Simulation(plan, fleet: fleet).drive() == .ended(.failed))
    #expect(fleet.started["gather/b@db1"] == 1)
    #expect(fleet.started["after@db1"] == nil)
  }

  /// A phase that goes on after failures, and a step after it; `db2` does not answer.
  private func withoutAHost(_ fleet: SimulatedFleet) -> Simulation {
    let plan = TestPlan.make([
      TestPlan.phase(
        "gather", onFailure: .continue,
        [TestPlan.step("gather/a"), TestPlan.phase("gather/in", [TestPlan.step("gather/in/b")])]),
      TestPlan.step("after"),
    ])
    return Simulation(plan, fleet: fleet)
  }

  @Test func underContinueAnUnreachableHostFailsItsTasksAndTheOthersRun() async throws {
    let fleet = SimulatedFleet()
    fleet.setReachable("db2", false)
    let simulation = withoutAHost(fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(
      fleet.started
        == ["gather/a@db1", "gather/a@db3", "gather/in/b@db1", "gather/in/b@db3"]
        .reduce(into: [:]) { $0[$1] = 1 })
    for step in ["gather/a", "gather/in/b"] {
      let outcome = await simulation.state.tasks[TaskID(step, host: "db2")]?.outcome
      #expect(outcome == .failed(.unreachable("no route to db2")))
    }
    fleet.setReachable("db2", true)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started.count == 9)
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
  }

  /// A run whose engine died while the action on `db2` ran.
  ///
  /// Hosts answer in any order: where `db2` had not begun by then, another run is tried.
  private func diedInMidAction(looks: Int) async throws -> (Simulation, SimulatedFleet) {
    for _ in 0..<100 {
      let fleet = SimulatedFleet { host, script, _ in
        SimulatedFleet.Result(looks: host == "db2" && script == "gather/a" ? looks : 0)
      }
      let simulation = withoutAHost(fleet)
      await simulation.journal.crash(at: 10)
      #expect(try await simulation.drive() == .journalFailed(.other("crash")))
      await simulation.journal.crash(at: nil)
      if fleet.started["gather/a@db2"] == 1 { return (simulation, fleet) }
    }
    throw TestFailure("the action on db2 never began before the tenth event")
  }

  @Test func underContinueAnUnreachableHostLeavesAnActionInFlightInDoubtUntilItAnswers()
    async throws
  {
    let (simulation, fleet) = try await diedInMidAction(looks: 3)
    fleet.setReachable("db2", false)
    #expect(try await simulation.drive() == .stopped(.inDoubt))
    let id = TaskID("gather/a", host: "db2")
    #expect(await simulation.state.tasks[id]?.phase == .inDoubt(.unreachable))
    #expect(fleet.started["gather/in/b@db1"] == nil, "a doubt stops the run")
    #expect(try await simulation.drive() == .stopped(.inDoubt))
    fleet.setReachable("db2", true)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(await simulation.state.tasks[id]?.outcome == .done)
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
  }

  @Test func aPersonMayTakeWhatAnUnreachableHostLeftInDoubtAsDone() async throws {
    let (simulation, fleet) = try await diedInMidAction(looks: 100)
    fleet.setReachable("db2", false)
    #expect(try await simulation.drive() == .stopped(.inDoubt))
    var wishes = ResumeWishes()
    wishes.accepted = [TaskName("gather/a@db2")]
    #expect(try await simulation.drive(wishes) == .ended(.failed))
    #expect(fleet.started["gather/in/b@db1"] == 1)
    fleet.setReachable("db2", true)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
  }

  @Test func aHostThatSomethingElseNeedsStillStopsTheRun() async throws {
    let plan = TestPlan.make([
      .parallel(
        Parallel(
          branches: [
            Parallel.Branch(
              TestPlan.phase("gather", onFailure: .continue, [TestPlan.step("gather/a")])),
            Parallel.Branch(TestPlan.step("needed")),
          ], origin: TestPlan.origin))
    ])
    let fleet = SimulatedFleet()
    fleet.setReachable("db2", false)
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .stopped(.hostUnreachable(["db2"])))
    fleet.setReachable("db2", true)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
  }

  @Test(
    arguments: [
      ([], "one", RunOutcome.succeeded), (["one/x@db2"], "two", .succeeded),
      (["one/x", "two/x@db1"], "none", .failed),
      (["one/x@db1", "undo-one"], "none", .rollbackFailed),
    ] as [([String], String, RunOutcome)])
  func takesTheFirstAlternativeThatSucceeds(
    failing: [String], taken: String, outcome: RunOutcome
  ) async throws {
    let plan = TestPlan.make([
      .firstOf(
        FirstOf(
          alternatives: ["one", "two"].map { name in
            TestPlan.scope(name, [TestPlan.step("\(name)/x", rollback: "undo-\(name)")])
          }, origin: TestPlan.origin)), TestPlan.step("after"),
    ])
    let fleet = fleet(failing: Set(failing))
    let end = try await Simulation(plan, fleet: fleet).drive()
    #expect(end == .ended(outcome == .rollbackFailed ? .failed : outcome))
    #expect(fleet.started["after@db1"] == (taken == "none" ? nil : 1))
    #expect(fleet.started["two/x@db1"] == (taken == "one" || outcome == .rollbackFailed ? nil : 1))
    if taken == "two" { #expect(fleet.started["undo-one@db1"] == 1) }
  }

  @Test func rollsBatchAfterBatchAndStopsAtTheFirstThatFails() async throws {
    var block = Rolling(
      group: "db", size: .literal(3), environment: 0, origin: TestPlan.origin)
    block.body = [TestPlan.step("drain"), TestPlan.step("restart")]
    let plan = TestPlan.make([.rolling(block)])
    let good = fleet(failing: [])
    #expect(try await Simulation(plan, hosts: 7, fleet: good).drive() == .ended(.succeeded))
    #expect(good.started.count == 14)
    let bad = fleet(failing: ["restart@db5"])
    #expect(try await Simulation(plan, hosts: 7, fleet: bad).drive() == .ended(.failed))
    #expect(bad.started["drain@db7"] == nil)
    #expect(bad.started["restart@db6"] == 1)
  }

  @Test func retriesWithinItsBound() async throws {
    let plan = TestPlan.make([
      TestPlan.step("flaky") {
        $0.retry = Retry(attempts: .literal(3), every: .literal(2000))
      }
    ])
    let fleet = SimulatedFleet { _, _, before in SimulatedFleet.Result(status: before < 2 ? 1 : 0) }
    #expect(try await Simulation(plan, hosts: 1, fleet: fleet).drive() == .ended(.succeeded))
    #expect(fleet.started["flaky@db1"] == 3)
    let hopeless = self.fleet(failing: ["flaky"])
    #expect(try await Simulation(plan, hosts: 1, fleet: hopeless).drive() == .ended(.failed))
    #expect(hopeless.started["flaky@db1"] == 3)
  }

  @Test func killedAtEachEventARollbackUndoesEverythingOnce() async throws {
    let plan = TestPlan.make(
      [
        TestPlan.step("a", rollback: "undo-a"), TestPlan.step("b", rollback: "undo-b"),
        TestPlan.step("c", rollback: "undo-c"),
      ], onFailure: .rollback)
    let whole = Simulation(plan, hosts: 2, fleet: fleet(failing: ["c"]))
    _ = try await whole.drive()
    for crash in 1..<(await whole.journal.facts.count) {
      let fleet = fleet(failing: ["c"])
      let simulation = Simulation(plan, hosts: 2, fleet: fleet)
      await simulation.journal.crash(at: crash)
      _ = try await simulation.drive()
      await simulation.journal.crash(at: nil)
      #expect(try await simulation.drive() == .ended(.rolledBack), "crash at event \(crash)")
      #expect(fleet.started.count == 12, "crash at event \(crash)")
      #expect(fleet.started.values.allSatisfy { $0 == 1 }, "crash at event \(crash)")
    }
  }
}
