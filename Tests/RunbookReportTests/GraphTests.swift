import RunbookCore
import RunbookTestSupport
import Testing

@testable import RunbookReport

/// The tree has no arrows: what waits for what stands in words.
@Suite struct GraphTests {
  @Test func theTreeSaysWhatABranchWaitsForAndWhatOnlyRollsBack() {
    let branches = [
      Parallel.Branch(TestPlan.step("first")),
      Parallel.Branch(TestPlan.step("second"), after: [0]),
      Parallel.Branch(
        TestPlan.step("third", on: nil, rollback: "undo") { $0.action = nil }, after: [0, 1]),
    ]
    let plan = TestPlan.make([
      .parallel(Parallel(branches: branches, origin: TestPlan.origin)),
      TestPlan.step("last", on: nil) { step in
        step.action = nil
        step.rollback = .notNeeded
      },
    ])
    let text = PlanGraph(plan).tree.golden
    #expect(
      text == """
        test
          parallel
            first                     on db
            second                    on db · after first
            third                     only rolls back · after first, second
          last                        only looks
        """)
  }
}
