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

  @Test(.timeLimit(.minutes(1)))
  func whatDoesNotComeIsLookedForNowAndThen() async throws {
    let fleet = SimulatedFleet(accidents: SimulatedFleet.Accidents(hidesOutput: true)) { _, _, _ in
      SimulatedFleet.Result(output: "abcd")
    }
    let simulation = Simulation(TestPlan.make([TestPlan.step("act")]), hosts: 1, fleet: fleet)
    let begin = simulation.clock.now()
    // The host mends itself after a while.
    async let end = simulation.drive()
    #expect(await waitUntil(.seconds(20)) { simulation.clock.now() >= begin + 60_000 })
    fleet.setAccidents(SimulatedFleet.Accidents())
    #expect(try await end == .ended(.succeeded))
    // One a second, once the pauses have grown.
    #expect(fleet.looks <= 20 + (simulation.clock.now().milliseconds - begin.milliseconds) / 1000)
  }
}
