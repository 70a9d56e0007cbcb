import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@Suite("Journals that are older than what their hosts have done")
struct OutdatedTests {
  private let plan = TestPlan.make([
    TestPlan.step("one"),
    TestPlan.step("ask", on: nil) {
      $0.action = .confirm(Template(text: "go on?"))
      $0.rollback = .notNeeded
    }, TestPlan.step("two"),
  ])

  private var approval: ResumeWishes {
    var wishes = ResumeWishes()
    wishes.approved = ["ask"]
    return wishes
  }

  private func end(_ end: DriveEnd, is error: (JournalError) -> Bool) -> Bool {
    if case .journalFailed(let problem) = end { return error(problem) }
    return false
  }

  @Test func oneOfARunThatHasEndedStartsNothing() async throws {
    let fleet = SimulatedFleet()
    var simulation = Simulation(plan, fleet: fleet)
    #expect(try await simulation.drive() == .stopped(.waitingForPerson))
    let backup = await simulation.journal.facts
    #expect(try await simulation.drive(approval) == .ended(.succeeded))
    simulation.journal = MemoryJournal(backup)
    for wishes in [approval, ResumeWishes()] {
      #expect(
        end(try await simulation.drive(wishes)) {
          if case .forgotten(run: "sim", host: _) = $0 { true } else { false }
        })
    }
    #expect(fleet.started.count == 6 && fleet.started.values.allSatisfy { $0 == 1 })
    // The hosts were set up anew: somebody says so.
    var wishes = ResumeWishes()
    wishes.ignoresDrift = true
    #expect(try await simulation.drive(wishes) == .ended(.succeeded))
    #expect(fleet.started["one@db1"] == 1 && fleet.started["two@db1"] == 2)
  }

  /// Whatever was under way: what only looks is no reason to believe the copy.
  @Test func oneThatWasCopiedWhileAStepLookedStartsNothing() async throws {
    let plan = TestPlan.make([
      TestPlan.step("one"), TestPlan.step("look", check: "look") { $0.action = nil },
      TestPlan.step("two"),
    ])
    try await expectNothingTwice(plan, hosts: 1) {
      if case .attemptStarted(TaskID("look", host: "db1"), _) = $0 { true } else { false }
    }
  }

  /// The hosts that still have something to do know nothing of the run.
  @Test func oneThatOnlyHostsWithoutWorkKnowOfStartsNothing() async throws {
    var rolling = Rolling(
      group: "db", size: .literal(1), environment: 0, origin: TestPlan.origin)
    rolling.body = [TestPlan.step("one")]
    let plan = TestPlan.make([.rolling(rolling)])
    try await expectNothingTwice(plan, hosts: 2) {
      if case .taskEnded(TaskID("one", host: "db1", batch: [1]), _) = $0 {
        true
      } else {
        false
      }
    }
  }

  /// What a cancel finds on hosts is not taken for what the journal knows of them.
  @Test func oneThatIsCancelledStaysAsOldAsItIs() async throws {
    let plan = TestPlan.make([TestPlan.step("one"), TestPlan.step("two")])
    let fleet = SimulatedFleet()
    var simulation = Simulation(plan, hosts: 2, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    let facts = await simulation.journal.facts
    let second = try #require(
      facts.firstIndex {
        if case .stepStarted(Instance("two"), _) = $0.event { true } else { false }
      })
    simulation.journal = MemoryJournal(Array(facts[..<second]))
    let started = fleet.started
    #expect(try await simulation.cancel() == .ended(.cancelled))
    for _ in 0..<2 {
      #expect(
        end(try await simulation.drive()) {
          if case .forgotten(run: "sim", host: _) = $0 { true } else { false }
        })
    }
    #expect(fleet.started == started)
  }

  private func expectNothingTwice(
    _ plan: Plan, hosts: Int, after isLast: (Event) -> Bool
  ) async throws {
    let fleet = SimulatedFleet()
    var simulation = Simulation(plan, hosts: hosts, fleet: fleet)
    #expect(try await simulation.drive() == .ended(.succeeded))
    let facts = await simulation.journal.facts
    let last = try #require(facts.firstIndex { isLast($0.event) })
    simulation.journal = MemoryJournal(Array(facts[...last]))
    let started = fleet.started
    for _ in 0..<2 {
      #expect(
        end(try await simulation.drive()) {
          if case .forgotten(run: "sim", host: _) = $0 { true } else { false }
        })
    }
    #expect(fleet.started == started)
  }

  @Test func oneThatANewerOwnerLeftBehindIsToldAsThatAtOnce() async throws {
    let fleet = SimulatedFleet { _, script, _ in
      SimulatedFleet.Result(status: script == "two" ? 1 : 0)
    }
    var simulation = Simulation(plan, hosts: 1, fleet: fleet)
    #expect(try await simulation.drive() == .stopped(.waitingForPerson))
    let backup = await simulation.journal.facts
    for _ in 0..<3 { #expect(try await simulation.drive(approval) == .ended(.failed)) }
    simulation.journal = MemoryJournal(backup)
    #expect(
      end(try await simulation.drive(approval)) {
        if case .outdated(run: "sim", detail: _) = $0 { true } else { false }
      })
    #expect(fleet.started["two@db1"] == 3)
  }

  @Test func noLinkOfAnEarlierOwnerIsNewerHoweverOftenItDialled() {
    let often = Greeting.epoch(owner: 1, link: 1_000_000)
    #expect(often < Greeting.epoch(owner: 2, link: 1))
    #expect(Greeting.epoch(owner: 1, link: 65_535) < often)
    #expect(Greeting.epoch(owner: 1 << 30, link: 1) < .max)
  }
}
