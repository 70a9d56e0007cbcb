import RunbookCore
import RunbookReport
import RunbookTestSupport
import Testing

/// Reports: what a stranger reads in the night.
@Suite struct DocumentTests {
  private func french(_ story: Story) -> String {
    MarkdownReport.render(
      RunDocument(story.state, facts: story.facts), ReportWords(.fr), time: { _ in "04:00" })
  }

  private func step(_ path: StepPath, title: String) -> Statement {
    TestPlan.step(path) { step in
      step.title = title
      step.action = nil
      step.rollback = .notNeeded
      var check = Check(
        subject: .code(TestPlan.code("leaders"), says: nil), text: "`leaders`",
        origin: Origin(file: "runbooks/parts/validate.runbook", line: 20, column: 3))
      check.remedy = Template([.text("lire le journal sur "), .name("host")])
      step.checks = [check]
    }
  }

  @Test func aFailedRunBeginsWithWhatFailedAndWhatToDo() {
    var story = Story(
      [step("members", title: "Test 1"), step("ready", title: "Test 2")],
      hosts: ["db1", "db2", "db3"])
    story.start("members", on: ["db1", "db2", "db3"])
    for host in ["db1", "db3"] {
      let id = TaskID("members", host: host)
      story.answer(
        id,
        ProbeAnswer(
          stage: .check, index: 0, answer: .doesNotHold, status: 1,
          text: Array("0 Leader, 2 Replicas\nand a table\n".utf8), duration: 100))
      story.end(id, .checkFailed(0), status: nil)
      story.tell(.taskEnded(id, .failed(.check(0))))
    }
    story.finish("members", on: "db2")
    story.tell(.runEnded(.failed))
    let report = french(story)
    #expect(
      report.contains(
        """
        ### Ce qui a échoué

        - ❌ **Test 1 (db1)**\u{202f}: la vérification 1 n'est pas remplie
          - demandé\u{202f}: `leaders`
          - constaté\u{202f}: 0 Leader, 2 Replicas
          - à faire\u{202f}: lire le journal sur db1
        - ❌ **Test 1 (db3)**\u{202f}: la vérification 1 n'est pas remplie
          - demandé\u{202f}: `leaders`
          - constaté\u{202f}: 0 Leader, 2 Replicas
          - à faire\u{202f}: lire le journal sur db3
        """), "\(report)")
    #expect(report.contains("| · | Test 2 |  | non exécuté |"))
    #expect(report.contains("| ready: Test 2 |  | · non exécuté |"))
    #expect(!report.contains("à venir"))
  }

  @Test func alternativesThatWereNotNeededTakeOneLine() {
    var story = Story(
      [
        step("config/members", title: "Test 1"), step("install/members", title: "Test 1"),
        step("install/ready", title: "Test 2"),
      ], hosts: ["db1"])
    story.start("config/members", on: ["db1"])
    story.finish("config/members", on: "db1")
    story.tell(.runEnded(.succeeded))
    let report = french(story)
    #expect(report.contains("\nNon nécessaire : install\n"), "\(report)")
    #expect(!report.contains("install/"))
    #expect(!report.contains("non exécuté"))
    #expect(!report.contains("### Ce qui a échoué"))
  }

  @Test func showSaysThatAnAlternativeIsNotNeededAnyMore() {
    let alternatives = [
      TestPlan.scope("config", [step("config/members", title: "Test 1")]),
      TestPlan.scope("install", [step("install/members", title: "Test 1")]),
    ]
    var story = Story(
      [
        .firstOf(FirstOf(alternatives: alternatives, origin: TestPlan.origin)),
        step("after", title: "After"),
      ], hosts: ["db1"])
    story.start("config/members", on: ["db1"])
    story.finish("config/members", on: "db1", after: 100)
    #expect(
      StepGraphText(story.state, now: story.now).lines.golden == """
        ✓ first of
          ✓ config
            ✓ members  ✓ db1 0.1s
          - install
        · after     1 host
        """)
  }
}
