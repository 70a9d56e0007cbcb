import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Synchronization
import Testing

@Suite("Outcomes that can't be known, and people who decide")
struct DoubtTests {
  private func interrupted(
    check: String? = nil, rerun: Bool = false, checkStatus: Int = 1
  ) async throws -> (Simulation, SimulatedFleet, DriveEnd) {
    let plan = TestPlan.make([
      TestPlan.step("long", check: check) { $0.rerunIfInterrupted = rerun },
      TestPlan.step("after"),
    ])
    let fleet = SimulatedFleet { _, script, before in
      if script == "long" {
        return SimulatedFleet.Result(output: "abcd", looks: before == 0 ? 100 : 0)
      }
      return SimulatedFleet.Result(status: script == "look" ? checkStatus : 0)
    }
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    await simulation.journal.crash(at: 6)
    _ = try await simulation.drive()
    #expect(fleet.started["long@db1"] == 1)
    fleet.powerCut("db1")
    await simulation.journal.crash(at: nil)
    return (simulation, fleet, try await simulation.drive())
  }

  @Test func aRebootInMidActionIsADoubt() async throws {
    let (simulation, fleet, end) = try await interrupted()
    #expect(end == .stopped(.inDoubt))
    #expect(fleet.started["long@db1"] == 1)
    #expect(await simulation.state.unsettled.map(\.description) == ["long@db1"])
    var wishes = ResumeWishes()
    wishes.accepted = [TaskName("long@db1")]
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
    #expect(fleet.started["long@db1"] == 1)
    #expect(fleet.started["after@db1"] == 1)
  }

  @Test func onlyTheOperatorStartsItAgain() async throws {
    let (simulation, fleet, _) = try await interrupted()
    #expect(try await simulation.drive() == .stopped(.inDoubt))
    #expect(fleet.started["long@db1"] == 1)
    var wishes = ResumeWishes()
    wishes.rerun = [TaskName("long")]
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
    #expect(fleet.started["long@db1"] == 2)
  }

  @Test func itsCheckDecides() async throws {
    let (simulation, fleet, end) = try await interrupted(check: "look", checkStatus: 0)
    #expect(end == .ended(.succeeded))
    #expect(fleet.started["long@db1"] == 1)
    #expect(await simulation.state.tasks[TaskID("long", host: "db1")]?.outcome == .doneByCheck)
  }

  @Test func aCheckThatDoesNotHoldLeavesTheDoubt() async throws {
    let (_, fleet, end) = try await interrupted(check: "look")
    #expect(end == .stopped(.inDoubt))
    #expect(fleet.started["long@db1"] == 1)
  }

  @Test func aNameThatIsNotInDoubtIsRefused() async throws {
    let (simulation, _, _) = try await interrupted()
    var wishes = ResumeWishes()
    wishes.rerun = [TaskName("after")]
    await #expect(throws: ResumeProblem.self) { try await simulation.drive(wishes) }
  }

  @Test func ifInterruptedRerunStartsItAgainByItself() async throws {
    let (_, fleet, end) = try await interrupted(check: nil, rerun: true)
    #expect(end == .ended(.succeeded))
    #expect(fleet.started["long@db1"] == 2)
  }

  @Test func aConfirmWaitsForAPerson() async throws {
    let plan = TestPlan.make([
      TestPlan.step("ask", on: nil) {
        $0.action = .confirm(Template(text: "go on?"))
        $0.rollback = .notNeeded
      }, TestPlan.step("after"),
    ])
    let fleet = SimulatedFleet()
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .stopped(.waitingForPerson))
    #expect(fleet.started.isEmpty)
    await simulation.journal.request(.deny(step: "ask"), by: "eve")
    #expect(try await simulation.drive() == .stopped(.waitingForPerson))
    var wishes = ResumeWishes()
    wishes.approved = ["ask"]
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
  }

  @Test func aRequestThatFitsNothingIsDropped() async throws {
    let fleet = SimulatedFleet { _, _, _ in SimulatedFleet.Result(looks: 20) }
    let simulation = Simulation(TestPlan.make([TestPlan.step("long")]), fleet: fleet)
    await simulation.journal.request(.approve(step: "long"), by: "eve")
    await simulation.journal.request(.deny(step: "nowhere"), by: "eve")
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(try await simulation.journal.requests().isEmpty)
  }

  @Test func nothingStartsOnAHostWithoutSpaceAndWhatRunsThereIsFollowed() async throws {
    let plan = TestPlan.make([
      TestPlan.step("a", rollback: "undo-a"), TestPlan.step("b"),
    ])
    let fleet = SimulatedFleet { _, _, before in SimulatedFleet.Result(looks: before == 0 ? 3 : 0) }
    fleet.setFree((32 << 20) - 1, on: "db2")
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started == ["a@db1": 1, "a@db3": 1])
    fleet.setFree(32 << 20, on: "db2")
    // The engine dies while the action runs; when it comes back the disk is full.
    await simulation.journal.crash(at: await simulation.journal.facts.count + 7)
    #expect(try await simulation.drive() == .journalFailed(.other("crash")))
    #expect(fleet.started["a@db2"] == 1)
    await simulation.journal.crash(at: nil)
    fleet.setFree(0, on: "db2")
    #expect(try await simulation.drive() == .ended(.failed))
    #expect(fleet.started["a@db2"] == 1)
    #expect(await simulation.state.tasks[TaskID("a", host: "db2")]?.outcome == .done)
    #expect(fleet.started["b@db2"] == nil)
    fleet.setFree(1 << 30, on: "db2")
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
  }

  @Test func aHostThatCannotBeReachedIsTriedAgainAfterEverLongerPauses() async throws {
    let fleet = SimulatedFleet()
    fleet.setReachable("db2", false)
    var simulation = Simulation(TestPlan.make([TestPlan.step("a")]), fleet: fleet)
    let pauses = Mutex<[Int]>([])
    simulation.observe = { update in
      if case .reconnecting(_, _, let pause, _) = update { pauses.withLock { $0.append(pause) } }
    }
    #expect(try await simulation.drive() == .stopped(.hostUnreachable(["db2"])))
    #expect(pauses.withLock { $0 } == [500, 1000, 2000, 4000, 8000])
  }

  @Test func anUnreachableHostStopsTheRunAndNothingIsLost() async throws {
    let plan = TestPlan.make([TestPlan.step("a"), TestPlan.step("b")])
    let fleet = SimulatedFleet()
    fleet.setReachable("db2", false)
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .stopped(.hostUnreachable(["db2"])))
    fleet.setReachable("db2", true)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
    #expect(fleet.started.count == 6)
  }
}
