import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Synchronization
import Testing

@Suite("Hosts whose supervisor can't do what it is there for")
struct TroubleTests {
  @Test(.timeLimit(.minutes(1)))
  func answersThatAFullDiskDidNotTakeAreNotWaitedFor() async throws {
    let plan = TestPlan.make([TestPlan.step("act", check: "look"), TestPlan.step("after")])
    let fleet = SimulatedFleet(accidents: SimulatedFleet.Accidents(tearsLogs: true))
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started == ["act@db1": 1, "after@db1": 1])
  }

  @Test(.timeLimit(.minutes(2)))
  func whatDoesNotComeIsLookedForNowAndThen() async throws {
    let fleet = SimulatedFleet(accidents: SimulatedFleet.Accidents(hidesOutput: true)) { _, _, _ in
      SimulatedFleet.Result(output: "abcd")
    }
    let simulation = Simulation(TestPlan.make([TestPlan.step("act")]), hosts: 1, fleet: fleet)
    let begin = simulation.clock.now()
    // The host mends itself after a while.
    async let end = simulation.drive()
    #expect(await waitUntil(.seconds(90)) { simulation.clock.now() >= begin + 60_000 })
    fleet.setAccidents(SimulatedFleet.Accidents())
    #expect(try await end == .ended(.succeeded))
    // One a second, once the pauses have grown.
    #expect(fleet.looks <= 20 + (simulation.clock.now().milliseconds - begin.milliseconds) / 1000)
  }

  @Test(.timeLimit(.minutes(1)), arguments: 1...3)
  func aQuestionWhoseWrapperWasKilledIsAskedAgain(_ killed: Int) async throws {
    let plan = TestPlan.make([TestPlan.step("act", check: "look", within: 60_000)])
    let asked = Mutex(0)
    let fleet = SimulatedFleet { _, script, _ in
      guard script == "look" else { return SimulatedFleet.Result() }
      // By the action's own exchange first, then by itself.
      let isFirst = asked.withLock { count in
        count += 1
        return count == 1
      }
      return SimulatedFleet.Result(status: isFirst ? 1 : 0)
    }
    fleet.killWrappers(ofQuestions: killed)
    let simulation = Simulation(plan, hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started == ["act@db1": 1])
    #expect(asked.withLock { $0 } == 2)
  }

  @Test(.timeLimit(.minutes(1)))
  func locksWhoseWrapperWasKilledAreTakenAndGivenBack() async throws {
    var plan = TestPlan.make([TestPlan.step("act")])
    plan.locks = [
      LockDeclaration(name: Template(text: "cluster"), group: "db", origin: TestPlan.origin)
    ]
    let fleet = SimulatedFleet()
    fleet.killWrappers(ofQuestions: 4)
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(await simulation.state.unreleasedHosts.isEmpty)
  }
}
