import RunbookCore
import RunbookReport
import RunbookTestSupport
import Testing

@Suite struct HistoryTests {
  private func story() -> Story {
    var story = Story([TestPlan.step("install")], hosts: ["a", "b"])
    story.start("install", on: ["a", "b"])
    story.finish("install", on: "a", after: 1500)
    let b = TaskID("install", host: "b")
    story.end(b, .actionFailed, status: 2, after: 500)
    story.tell(.taskEnded(b, .failed(.action(status: 2, timedOut: false))))
    story.tell(.runEnded(.failed))
    story.tell(.ownerTook(epoch: 2, process: 4712, operator: "eve@install-01"), after: 60_000)
    story.tell(.taskReopened(b, by: "eve@install-01"))
    story.attempt(b)
    return story
  }

  @Test func tellsAttemptsAndPeopleInTheOrderInWhichThingsHappened() {
    let rows = HistoryRows(story().facts).all
    #expect(
      HistoryTable.lines(rows, clock: .utc).golden == """
        time      step     host  state      took  attempt  exit
        22:13:20  run begins, by root@install-01
        22:13:21  install  a     ✓ done     1.5s        1     0
        22:13:22  install  b     ✗ failed   2.0s        1     2  the action ended with exit status 2
        22:13:22  run failed
        22:14:22  resumed (process 4712), by eve@install-01
        22:14:22  install  b     tried again, by eve@install-01
        22:14:22  install  b     ▶ running              1        since then
        """)
  }

  @Test func aCheckThatCannotTellIsNotOneThatDoesNotHold() {
    var story = Story([TestPlan.step("install")], hosts: ["a", "b"])
    story.start("install", on: ["a", "b"])
    for (host, answer) in [("a", Answer.cannotTell), ("b", .doesNotHold)] {
      let id = TaskID("install", host: host)
      let status = answer == .cannotTell ? 7 : 1
      story.answer(id, ProbeAnswer(stage: .check, index: 0, answer: answer, status: status))
      story.end(id, .checkFailed(0))
      if host == "a" {
        story.tell(.retryScheduled(id, at: story.now, after: .check(0)))
        story.attempt(id)
        story.answer(id, ProbeAnswer(stage: .check, index: 0, answer: .doesNotHold, status: 1))
        story.end(id, .checkFailed(0))
        let late = ProbeAnswer(stage: .check, index: 0, answer: .cannotTell, status: 7)
        story.tell(.polled(id, ExchangeEnd(verdict: .checkFailed(0)), answers: [late]))
      }
      story.tell(.taskEnded(id, .failed(.check(0))))
      story.tell(
        .rechecked(
          id, ExchangeEnd(verdict: .checkFailed(0)),
          answers: [ProbeAnswer(stage: .check, index: 0, answer: answer, status: status)]))
    }
    #expect(
      HistoryRows(story.facts).all.filter { $0.host != nil }.map { "\($0.host ?? "") \($0.note)" }
        == [
          "a the check can't tell; tried again", "a the check can't tell",
          "a drifted: its check can't tell", "b the check does not hold",
          "b drifted: its check does not hold",
        ])
  }

  @Test func givesJSONWithTimesInUTC() {
    let rows = HistoryRows(story().facts).all
    #expect(
      HistoryTable.json(rows[2], run: "7f3c") == """
        {"run":"7f3c","time":"2023-11-14T22:13:22.000Z","kind":"attempt","step":"install","host":"b",\
        "state":"failed","durationMilliseconds":2000,"attempt":1,"exitStatus":2,\
        "note":"the action ended with exit status 2"}
        """)
  }

  @Test func listsRunsWithTheirState() {
    let start = Timestamp(milliseconds: 1_700_000_000_000)
    func row(_ id: String, _ state: RunRow.State) -> RunRow {
      RunRow(
        id: id, runbook: "reinstall", title: "Option A", state: state, started: start,
        last: start + 125_000, by: "root@install-01", hosts: 3, isResumable: true)
    }
    let rows = [
      row("7f3c", .running(process: 4711, isStopped: true)), row("81ab", .stopped(.inDoubt)),
      row("9k2m", .ended(.succeeded)),
    ]
    #expect(
      RunsTable.lines(rows, now: start + 8000, clock: .utc).golden == """
        run   runbook    state                                   when                took  by               hosts  title
        7f3c  reinstall  ▶ running, but process 4711 is stopped  2023-11-14 22:13    8.0s  root@install-01      3  Option A
        81ab  reinstall  ! in doubt                              2023-11-14 22:13  2m 05s  root@install-01      3  Option A
        9k2m  reinstall  ✓ done                                  2023-11-14 22:13  2m 05s  root@install-01      3  Option A
        """)
  }
}
