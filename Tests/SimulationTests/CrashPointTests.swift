import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@Suite("A run whose engine dies at each of its events")
struct CrashPointTests {
  static let plan = TestPlan.make([
    TestPlan.step("one"),
    TestPlan.phase(
      "middle",
      [
        TestPlan.step("middle/two", check: "two-check", within: 5000),
        .parallel(
          Parallel(
            branches: [
              Parallel.Branch(TestPlan.step("middle/left")),
              Parallel.Branch(TestPlan.step("middle/right", on: nil)),
              Parallel.Branch(TestPlan.step("middle/last"), after: [0, 1]),
            ], origin: TestPlan.origin)),
      ]),
    TestPlan.step("three"),
  ])

  @Test func runsEachActionOnce() async throws {
    let fleet = SimulatedFleet()
    let simulation = Simulation(Self.plan, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    #expect(fleet.started.count == 16)
    #expect(fleet.started.values.allSatisfy { $0 == 1 })
    #expect(fleet.farewelled == ["db1", "db2", "db3", "local"])
  }

  @Test func resumesAtEveryEventWithoutStartingAnythingTwice() async throws {
    let whole = Simulation(Self.plan, fleet: SimulatedFleet())
    _ = try await whole.drive()
    let length = await whole.journal.facts.count
    #expect(length > 60)
    for crash in 1..<length {
      let fleet = SimulatedFleet { _, script, _ in
        SimulatedFleet.Result(output: "printed by \(script)", looks: script == "three" ? 3 : 0)
      }
      let simulation = Simulation(Self.plan, fleet: fleet)
      await simulation.journal.crash(at: crash)
      let first = try await simulation.drive()
      #expect(first == .journalFailed(.other("crash")), "crash at event \(crash)")
      await simulation.journal.crash(at: nil)
      let second = try await simulation.drive()
      #expect(second == .ended(.succeeded), "crash at event \(crash)")
      #expect(fleet.started.count == 16, "crash at event \(crash)")
      #expect(fleet.started.values.allSatisfy { $0 == 1 }, "crash at event \(crash)")
    }
  }

  @Test(arguments: 0..<300)
  func survivesAnyMixtureOfCrashesAndBrokenConnections(seed: Int) async throws {
    var choices = Choices(seed: UInt64(seed))
    let fleet = SimulatedFleet(
      seed: UInt64(seed), accidents: SimulatedFleet.Accidents(dropsInHundred: 15)
    ) { _, script, _ in
      SimulatedFleet.Result(output: script, looks: script.count % 3)
    }
    let simulation = Simulation(Self.plan, fleet: fleet)
    var end = DriveEnd.stopped(.detached)
    for _ in 0..<40 {
      let known = await simulation.journal.facts.count
      let crashes = choices.chance(3, in: 4)
      await simulation.journal.crash(
        at: crashes ? known + Int.random(in: 1...30, using: &choices) : nil)
      end = try await simulation.drive()
      // A crash may come right after the last event.
      if await simulation.state.outcome == .succeeded { end = .ended(.succeeded) }
      if end == .ended(.succeeded) { break }
    }
    #expect(end == .ended(.succeeded), "seed \(seed)")
    #expect(fleet.started.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(fleet.started.count == 16, "seed \(seed)")
  }

  /// The sizes of a look are those of when it was asked.
  @Test func takesAllOutputOfAnActionThatEndsDuringALook() async throws {
    let printed = "first half, second half"
    let fleet = SimulatedFleet(accidents: SimulatedFleet.Accidents(endsDuringLooks: true)) {
      _, _, _ in SimulatedFleet.Result(output: printed, looks: 3)
    }
    let simulation = Simulation(
      TestPlan.make([TestPlan.step("long", check: "look")]), hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    let key = try #require(await simulation.state.attempts.keys.first)
    let kept = try await simulation.journal.output(of: key, .output, limit: 1000)
    #expect(String(decoding: kept, as: UTF8.self) == printed)
  }
}
