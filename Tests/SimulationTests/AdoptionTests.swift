import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@Suite("A run that goes on by an edited runbook")
struct AdoptionTests {
  private static let old = TestPlan.make([
    TestPlan.step("one"),
    TestPlan.phase("middle", [TestPlan.step("middle/two", check: "two-check", within: 5000)]),
    TestPlan.step("three"), TestPlan.step("four"),
  ])
  /// A step added in front, one renamed, one changed, one removed, one added behind.
  private static let new = TestPlan.make([
    TestPlan.step("zero"), TestPlan.step("one"),
    TestPlan.phase(
      "middle", [TestPlan.step("middle/2", run: "middle/two", check: "two-check", within: 5000)]),
    TestPlan.step("three", run: "three-b"), TestPlan.step("five"),
  ])

  private func review(
    _ state: RunState, _ plan: Plan, rerun: [String] = [], accepted: [String] = []
  ) -> AdoptionReview {
    AdoptionReview(
      state, plan: plan, binding: TestPlan.binding(hosts: 3), sources: [:],
      rerun: rerun.map { TaskName($0) }, accepted: accepted.map { TaskName($0) }, by: "test")
  }

  private var fleet: SimulatedFleet {
    SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(output: script, looks: script == "three" ? 3 : 0)
    }
  }

  @Test func namesEveryKindOfDifference() async throws {
    let difference = PlanDifference(
      from: Self.old, TestPlan.binding(hosts: 3), to: Self.new, TestPlan.binding(hosts: 3))
    #expect(difference.added == ["zero", "five"])
    #expect(difference.removed == ["four"])
    #expect(difference.renamed.map(\.old) == ["middle/two"])
    #expect(difference.changed.map(\.step) == ["three"])
    #expect(
      difference.changed.first?.parts == [
        PlanDifference.Part(name: "run", before: "three", after: "three-b")
      ])
    #expect(
      PlanDifference(
        from: Self.old, TestPlan.binding(hosts: 3), to: Self.old, TestPlan.binding(hosts: 3)
      ).isEmpty)
    let fewer = PlanDifference(
      from: Self.old, TestPlan.binding(hosts: 3), to: Self.old, TestPlan.binding(hosts: 2))
    #expect(fewer.changed.count == 4, "other hosts make another step")
  }

  /// Whatever had happened by then: no action runs twice that nobody named, and the run reaches its
  /// end by the edited runbook, or by its own where that is refused.
  @Test(arguments: [false, true])
  func takesOverAtEveryEvent(reruns: Bool) async throws {
    let whole = Simulation(Self.old, fleet: fleet)
    #expect(try await whole.drive() == .ended(.succeeded))
    let length = await whole.journal.facts.count
    var adoptions = 0
    for crash in 1..<length {
      let fleet = fleet
      let simulation = Simulation(Self.old, fleet: fleet)
      await simulation.journal.crash(at: crash)
      _ = try await simulation.drive()
      await simulation.journal.crash(at: nil)
      let state = await simulation.state
      let review =
        reruns
        ? review(state, Self.new, rerun: ["three"], accepted: ["four"])
        : review(state, Self.new, accepted: ["three", "four"])
      var wishes = ResumeWishes()
      if review.isSettled {
        wishes.review = review
        adoptions += 1
      } else {
        #expect(review.undecided.isEmpty, "crash at event \(crash)")
        #expect(
          review.problems.allSatisfy {
            if case .underway = $0 { return true }
            return false
          }, "crash at event \(crash): \(review.problems)")
      }
      let isDone = state.tasks.values.filter { $0.id.step == "three" && $0.outcome != nil }
        .compactMap(\.id.host)
      #expect(try await simulation.drive(wishes) == .ended(.succeeded), "crash at event \(crash)")
      let started = fleet.started
      for host in ["db1", "db2", "db3"] {
        for script in ["one", "middle/two"] {
          #expect(started["\(script)@\(host)"] == 1, "\(script)@\(host), event \(crash)")
        }
        guard wishes.review != nil else { continue }
        #expect(started["zero@\(host)"] == 1, "event \(crash)")
        #expect(started["five@\(host)"] == 1, "event \(crash)")
        let again = reruns || !isDone.contains(host)
        #expect(started["three-b@\(host)"] == (again ? 1 : nil), "\(host), event \(crash)")
      }
    }
    #expect(adoptions > length / 2)
  }

  @Test func asksAboutEveryStepThatRanAndIsNotWhatItWas() async throws {
    let fleet = SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(status: script == "four" ? 1 : 0)
    }
    let simulation = Simulation(Self.old, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    let review = review(await simulation.state, Self.new)
    #expect(review.undecided.map(\.step) == ["three", "four"])
    #expect(review.undecided.map(\.isGone) == [false, true])
    #expect(review.undecided.allSatisfy { $0.tasks.count == 3 })
    var wishes = ResumeWishes()
    wishes.review = review
    let refused = wishes
    await #expect(throws: ResumeProblem.cannotAdopt) { try await simulation.drive(refused) }
  }

  @Test func leavesBatchesThatHaveBegunAsTheyAre() async throws {
    func plan(by size: Int, _ script: String) -> Plan {
      var block = Rolling(
        group: "db", size: .literal(size), environment: 0, origin: TestPlan.origin)
      block.body = [TestPlan.step("drain"), TestPlan.step("restart", run: script)]
      return TestPlan.make([.rolling(block)])
    }
    let fleet = SimulatedFleet { host, script, _ in
      SimulatedFleet.Result(status: script == "restart" && host == "db2" ? 1 : 0)
    }
    let simulation = Simulation(plan(by: 1, "restart"), fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    let state = await simulation.state
    #expect(
      review(state, plan(by: 2, "restart"), accepted: ["drain", "restart"]).problems == [
        .rolling("(rolling 1)")
      ])
    var wishes = ResumeWishes()
    wishes.review = review(state, plan(by: 1, "restart-b"), accepted: ["restart"])
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
    #expect(fleet.started["drain@db2"] == 1)
    #expect(fleet.started["restart@db1"] == 1)
    #expect(fleet.started["restart-b@db1"] == nil)
    #expect(fleet.started["restart-b@db2"] == 1)
    #expect(fleet.started["restart-b@db3"] == 1)
  }

  @Test func leavesWhatWasRolledBackAsItIs() async throws {
    func plan(_ script: String) -> Plan {
      TestPlan.make([
        TestPlan.phase(
          "work", onFailure: .rollback,
          [
            TestPlan.step("work/a", run: script, rollback: "undo-a"),
            TestPlan.step("work/b", rollback: "undo-b"),
          ])
      ])
    }
    let fleet = SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(status: script == "work/b" ? 1 : 0)
    }
    let simulation = Simulation(plan("a"), fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    let review = review(await simulation.state, plan("a-b"), accepted: ["work/a"])
    #expect(review.problems == [.rolledBack("work")])
  }

  @Test func keepsTheRowsOfHostsThatTheEditedInventoryLacks() async throws {
    let plan = TestPlan.make([TestPlan.step("one", rollback: "undo"), TestPlan.step("two")])
    let fleet = SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(status: script == "two" ? 1 : 0)
    }
    let simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.failed))
    let review = AdoptionReview(
      await simulation.state, plan: plan, binding: TestPlan.binding(hosts: 2), sources: [:],
      rerun: [], accepted: [TaskName("one")], by: "test")
    #expect(review.isSettled)
    #expect(review.adoption.binding.hosts.map(\.name) == ["db1", "db2", "db3"])
    var wishes = ResumeWishes()
    wishes.review = review
    #expect(try await simulation.drive(wishes) == .ended(.failed))
    #expect(fleet.started["two@db3"] == 1, "not tried again there")
    #expect(fleet.started["two@db2"] == 2)
  }
}
