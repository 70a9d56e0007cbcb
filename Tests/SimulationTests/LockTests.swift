import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@Suite("Locks on hosts")
struct LockTests {
  @Test func areTakenBeforeAnythingStartsAndReleasedOnceBeforeTheFinalEvent() async throws {
    var plan = TestPlan.make([TestPlan.step("a")])
    plan.locks = [
      LockDeclaration(name: Template(text: "cluster"), group: "db", origin: TestPlan.origin)
    ]
    let simulation = Simulation(plan, fleet: SimulatedFleet())
    #expect(try await simulation.drive() == .ended(.succeeded))
    let names = await simulation.journal.facts.compactMap { fact -> String? in
      switch fact.event {
      case .hostLocked: return "locked"
      case .attemptStarted: return "started"
      case .hostUnlocked: return "unlocked"
      case .runEnded: return "ended"
      default: return nil
      }
    }
    #expect(
      names == Array(repeating: "locked", count: 3) + Array(repeating: "started", count: 3)
        + Array(repeating: "unlocked", count: 3) + ["ended"])
  }
}
