import RunbookCore
import RunbookEngine
import RunbookTestSupport

/// One run over a simulated fleet, driven by as many engines as it takes.
struct Simulation {
  let plan: Plan
  let binding: Binding
  let fleet: SimulatedFleet
  var journal = MemoryJournal()
  let clock = ManualClock()
  var options = DriveOptions()
  var observe: @Sendable (RunUpdate) -> Void = { _ in }

  init(_ plan: Plan, hosts: Int = 3, fleet: SimulatedFleet) {
    self.plan = plan
    binding = TestPlan.binding(hosts: hosts)
    self.fleet = fleet
  }

  private func opener(_ epoch: Int) -> RunOpening.Opener {
    RunOpening.Opener(process: 1, epoch: epoch, operator: "test", now: clock.now())
  }

  /// Starts the run, or resumes it where the journal holds one.
  func drive(_ wishes: ResumeWishes = ResumeWishes()) async throws -> DriveEnd {
    let facts = await journal.facts
    guard facts.isEmpty else {
      let state = fold(facts)
      return await drive(try RunOpening(resuming: state, wishes, by: opener(state.epoch + 1)))
    }
    return await drive(
      RunOpening(
        beginning: RunDescription(
          id: "sim", runbook: "test", title: nil, operator: "test", machine: "here"),
        plan: plan, binding: binding, by: opener(1)))
  }

  /// Undoes the run as `reprise rollback` does.
  func rollBack() async throws -> DriveEnd {
    let state = await state
    return await drive(try RunOpening(rollingBack: state, by: opener(state.epoch + 1)))
  }

  /// Ends the run as `reprise cancel` does where nobody drives it.
  func cancel() async throws -> DriveEnd {
    let state = await state
    return await drive(try RunOpening(cancelling: state, by: opener(state.epoch + 1)))
  }

  private func drive(_ opening: RunOpening) async -> DriveEnd {
    let driver = RunDriver(
      opening: opening, journal: journal, transport: fleet, clock: clock, options: options,
      commands: AsyncStream { $0.finish() }, observe: observe)
    return await driver.drive()
  }

  func fold(_ facts: [Fact]) -> RunState {
    var state = RunState(plan: plan, binding: binding)
    for fact in facts { state.apply(fact) }
    return state
  }

  var state: RunState {
    get async { fold(await journal.facts) }
  }
}
