import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

/// What a task that counts as done without having ended is worth to those that read its outputs.
@Suite("Outputs of tasks whose outcome can't be known")
struct SettlingTests {
  /// `long` prints a colour; its host loses its power while it runs. Whatever reads the colour in a
  /// `when` comes after it.
  private func interrupted(
    check: String? = nil, source: String? = nil, default value: Value? = nil, rerun: Bool = false
  ) async throws -> (Simulation, SimulatedFleet) {
    let isRed = Expression.compare(.equal, .name("colour"), .literal(.string("red")))
    var plan = TestPlan.make([
      TestPlan.step("long", on: nil, check: check) {
        $0.rerunIfInterrupted = rerun
        $0.outputs = [
          OutputDeclaration(
            name: "colour", defaultValue: value, source: source.map(TestPlan.code),
            isByHost: false, origin: TestPlan.origin)
        ]
      },
      TestPlan.step("red", on: nil) { $0.when = isRed },
      TestPlan.step("other", on: nil) { $0.when = .not(isRed) },
    ])
    plan.environments[0].meanings["colour"] = .output(
      OutputReference(writers: ["long"], name: "colour", defaultValue: value, isByHost: false))
    let fleet = SimulatedFleet { _, script, before in
      switch script {
      case "long": SimulatedFleet.Result(output: "redred", looks: before == 0 ? 100 : 0)
      case "source": SimulatedFleet.Result(output: "red\n")
      default: SimulatedFleet.Result()
      }
    }
    let simulation = Simulation(plan, fleet: fleet)
    await simulation.journal.crash(at: 6)
    _ = try await simulation.drive()
    #expect(fleet.started["long@local"] == 1)
    fleet.powerCut("local")
    await simulation.journal.crash(at: nil)
    return (simulation, fleet)
  }

  @Test func staysInDoubtWhereItsCheckHoldsAndWhatItPrintedMayBeAPart() async throws {
    let (simulation, fleet) = try await interrupted(check: "look")
    #expect(try await simulation.drive() == .stopped(.inDoubt))
    #expect(fleet.started == ["long@local": 1])
    #expect(
      await simulation.state.steps[Instance("other")] == nil, "no guess")
  }

  @Test func itsCheckDecidesWhereTheOutputHasCodeOfItsOwn() async throws {
    let (simulation, fleet) = try await interrupted(check: "look", source: "source")
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started == ["long@local": 1, "red@local": 1])
  }

  @Test func itsCheckDecidesWhereTheOutputHasADefault() async throws {
    let (simulation, fleet) = try await interrupted(check: "look", default: .string("blue"))
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started == ["long@local": 1, "other@local": 1])
  }

  @Test func whoTakesItAsDoneTakesWhatWasKeptOfItsOutput() async throws {
    let (simulation, fleet) = try await interrupted()
    #expect(try await simulation.drive() == .stopped(.inDoubt))
    var wishes = ResumeWishes()
    wishes.accepted = [TaskName("long")]
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
    let state = await simulation.state
    #expect(state.tasks[TaskID("long")]?.outcome == .accepted(by: "test"))
    #expect(state.outputs[OutputSlot(step: "long", name: "colour", host: nil)] == .string("red"))
    #expect(fleet.started == ["long@local": 1, "red@local": 1])
  }

  @Test func whoTakesItAsDoneHasItsOutputAskedForAlsoAfterAKill() async throws {
    for crash in 0..<6 {
      let (simulation, fleet) = try await interrupted(source: "source")
      #expect(try await simulation.drive() == .stopped(.inDoubt))
      var wishes = ResumeWishes()
      wishes.accepted = [TaskName("long")]
      let known = await simulation.journal.facts.count
      // The owner's first events are one commit: what is killed later keeps the decision.
      await simulation.journal.crash(at: known + 2 + crash)
      var end = try await simulation.drive(wishes)
      await simulation.journal.crash(at: nil)
      if end != .ended(.succeeded) { end = try await simulation.drive() }
      #expect(end == .ended(.succeeded), "killed \(crash) events after the decision")
      #expect(fleet.started == ["long@local": 1, "red@local": 1], "killed after \(crash)")
    }
  }

  @Test func aConditionWithoutAValueFailsAndLeavesNothingOut() {
    var plan = TestPlan.make([
      TestPlan.step("long", on: nil),
      TestPlan.step("red", on: nil) {
        $0.when = .compare(.equal, .name("colour"), .literal(.string("red")))
      },
    ])
    plan.environments[0].meanings["colour"] = .output(
      OutputReference(writers: ["long"], name: "colour", isByHost: false))
    var state = RunState(plan: plan, binding: TestPlan.binding(hosts: 1))
    let description = RunDescription(
      id: "sim", runbook: "test", title: nil, operator: "test", machine: "here")
    for event in [
      Event.runStarted(description), .ownerTook(epoch: 1, process: 1, operator: "test"),
      .stepStarted(Instance("long"), hosts: [nil]),
      .taskEnded(TaskID("long"), .accepted(by: "test")),
    ] { state.apply(Fact(time: Timestamp(milliseconds: 1), event: event)) }
    _ = Scheduler.advance(&state, at: Timestamp(milliseconds: 2))
    #expect(
      state.steps[Instance("red")]?.failure
        == .output("colour", "it has no value, so `when` can't be decided"))
    #expect(state.outcome == .failed)
  }
}
