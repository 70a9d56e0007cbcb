import RunbookCore
import RunbookReport
import RunbookTestSupport
import Testing

@Suite struct FailureTests {
  private let hosts = ["db-master-01", "db-slave-01", "db-slave-02"]

  private func closing(_ story: Story, _ evidence: ClosingText.Evidence = .init()) -> ClosingText {
    ClosingText(
      story.state, clock: .utc, commands: Commands(), now: story.now, evidence: evidence)
  }

  private func xfs() -> Story {
    var story = Story(
      [
        TestPlan.step("precheck/xfs") { step in
          step.action = nil
          step.rollback = .notNeeded
          var check = Check(
            subject: .code(TestPlan.code("findmnt -no FSTYPE /data"), says: Template(text: "xfs")),
            text: "`findmnt -no FSTYPE /data` says \"xfs\"",
            origin: Origin(file: "runbooks/parts/precheck.runbook", line: 14, column: 3))
          check.within = .literal(10_000)
          check.remedy = Template([.text("mount the XFS volume on "), .name("host")])
          step.checks = [check]
        }
      ], hosts: hosts)
    story.start("precheck/xfs", on: hosts)
    story.finish("precheck/xfs", on: "db-master-01", after: 100)
    story.finish("precheck/xfs", on: "db-slave-02", after: 100)
    let id = TaskID("precheck/xfs", host: "db-slave-01")
    let answer = ProbeAnswer(
      stage: .check, index: 0, answer: .doesNotHold, status: 0, text: Array("ext4\n".utf8),
      duration: 100)
    story.answer(id, answer)
    story.end(id, .checkFailed(0), status: nil)
    for _ in 0..<2 {
      story.tell(
        .polled(id, ExchangeEnd(verdict: .checkFailed(0)), answers: [answer]), after: 5000)
    }
    story.tell(.taskEnded(id, .failed(.check(0))))
    story.tell(.runEnded(.failed))
    return story
  }

  @Test func saysWhatWasAskedWhatWasFoundAndWhatToDo() {
    #expect(
      closing(xfs()).lines(ended: .failed).golden == """
        ✗ precheck/xfs on db-slave-01: the check does not hold
            asked   findmnt -no FSTYPE /data says "xfs"             runbooks/parts/precheck.runbook:14
            found   ext4                                            (exit status 0, 0.1s, asked 3 times in 10s)
            do      mount the XFS volume on db-slave-01
        ✓ the other 2 hosts; nothing was changed on any host
        Run 7f3c stopped after 10s. When it is mended:  reprise resume 7f3c
        """)
  }

  @Test func whatItsRollbackFoundIsNotTakenForWhatTheStepFound() {
    let check = TestPlan.check("pg_isready")
    var story = Story(
      [
        TestPlan.step("start") { step in
          step.checks = [check]
          step.rollback = .code(TestPlan.code("stop"), checks: [check])
        }
      ], hosts: ["db-1"])
    let id = TaskID("start", host: "db-1")
    func answer(_ answer: Answer, _ status: Int, _ text: String) -> ProbeAnswer {
      ProbeAnswer(
        stage: .check, index: 0, answer: answer, status: status, text: Array(text.utf8),
        duration: 100)
    }
    story.start("start", on: ["db-1"])
    story.answer(id, answer(.cannotTell, 2, "no response"))
    story.end(id, .checkFailed(0))
    story.tell(.taskEnded(id, .failed(.check(0))))
    story.attempt(id, .rollback)
    story.answer(id, answer(.holds, 0, "stopped"))
    story.end(id, .complete)
    story.tell(.rollbackTaskEnded(id, .done))
    let lines = closing(story).lines(ended: .rolledBack).golden
    #expect(lines.contains("start on db-1: the check can't tell"), "\(lines)")
    #expect(lines.contains("found   no response"), "\(lines)")
    let document = RunDocument(story.state, facts: story.facts)
    #expect(document.checks.map(\.found) == ["no response"])
    #expect(document.failures.map(\.isUnknown) == [true])
  }

  @Test func foldsHostsThatFailAlike() {
    var story = Story([TestPlan.step("install")], hosts: hosts)
    story.start("install", on: hosts)
    for host in hosts {
      let id = TaskID("install", host: host)
      story.end(id, .actionFailed, status: 137, after: 1000)
      story.tell(.taskEnded(id, .failed(.action(status: 137, timedOut: false))))
    }
    var evidence = ClosingText.Evidence()
    evidence.tails = Dictionary(
      hosts.map { (TaskID("install", host: $0), ["E: no space left on device"]) }
    ) { $1 }
    #expect(
      closing(story, evidence).lines(ended: .failed).golden == """
        ✗ install on db-master-01, db-slave-01 and db-slave-02: the action ended with signal 9 (killed)
            ran     install                                         test.runbook:1
            said    E: no space left on device
            all     reprise logs 7f3c install@db-master-01
        Run 7f3c stopped after 3.0s. When it is mended:  reprise resume 7f3c
        """)
  }

  @Test func saysWhatIsKnownOfADoubtAndWhatToDecide() {
    var story = Story([TestPlan.step("install", check: "1 Leader, 2 Replicas")], hosts: hosts)
    let id = TaskID("install", host: "db-master-01")
    story.start("install", on: ["db-master-01"])
    story.tell(.doubtRaised(id, .rebooted), after: 83_000)
    story.tell(
      .polled(
        id, ExchangeEnd(verdict: .checkFailed(0)),
        answers: [ProbeAnswer(stage: .check, index: 0, answer: .doesNotHold, status: 1)]))
    story.tell(.doubtRaised(id, .rebooted))
    var evidence = ClosingText.Evidence()
    evidence.lineCounts = [id: 412]
    #expect(
      closing(story, evidence).lines(stopped: .inDoubt).golden == """
        Run 7f3c stopped after 83s: one task is in doubt.
        ! install on db-master-01: can't know whether it ran to its end
            known   started 22:13:20, db-master-01 rebooted while it ran, 412 lines of output kept (reprise logs 7f3c install)
            asked   its check (1 Leader, 2 Replicas): does not hold
            decide  reprise resume 7f3c --rerun install             start it again
                    reprise resume 7f3c --accept install            take it as done
        """)
  }

  @Test func endsEveryEarlyStopWithTheCommandThatGoesOn() {
    let reasons: [StopReason] = [
      .detached, .waitingForPerson, .denied, .hostUnreachable(["db-slave-01"]),
      .stateUnusable("the disk is full"),
    ]
    for reason in reasons {
      let last = closing(xfs()).lines(stopped: reason).last?.rendered(.plain) ?? ""
      #expect(last.contains("  reprise resume 7f3c"), "\(reason): \(last)")
    }
  }

  @Test func namesTheRemedyOfAHostThatCannotBeReached() {
    var story = Story([TestPlan.step("look")], hosts: hosts)
    story.tell(
      .hostGivenUp(
        host: "db-slave-01", reason: "its host key is not known: SHA256:abc",
        remedy: "compare the fingerprint, then --accept-new-host-keys"))
    let lines = closing(story).lines(stopped: .hostUnreachable(["db-slave-01"]))
    #expect(
      lines.golden == """
        ✗ db-slave-01 can't be reached: its host key is not known: SHA256:abc
            do      compare the fingerprint, then --accept-new-host-keys
        Run 7f3c stopped after 0ms. When that is mended:  reprise resume 7f3c
        """)
  }

  @Test func aRunThatIsDoneSaysFirstWhatItFound() {
    let origin = Origin(file: "test.runbook", line: 1, column: 1)
    var story = Story(
      [
        TestPlan.step("look") { step in
          step.outputs = ["cause", "leader_before", "roles", "log"].map {
            OutputDeclaration(name: $0, isByHost: $0 != "cause", origin: origin)
          }
        }
      ], title: "Diagnostic", hosts: hosts)
    let id = { TaskID("look", host: $0) }
    story.start("look", on: hosts)
    story.tell(.outputSet(id("db-master-01"), name: "cause", value: .string("no \u{1b}[1msection")))
    for host in hosts {
      let leader = host == "db-slave-01" ? host : ""
      story.tell(.outputSet(id(host), name: "leader_before", value: .string(leader)))
      story.tell(.outputSet(id(host), name: "roles", value: .string("Replica")))
    }
    story.tell(.outputSet(id("db-master-01"), name: "log", value: .string("one\ntwo")))
    for host in hosts { story.finish("look", on: host, after: 1000) }
    story.tell(.runEnded(.succeeded))
    #expect(
      closing(story).lines(ended: .succeeded).golden == """
            cause          no ^[[1msection
            leader_before  db-slave-01
        ✓ Diagnostic · run 7f3c done in 3.0s: 1 step on 3 hosts
        """)
  }
}
