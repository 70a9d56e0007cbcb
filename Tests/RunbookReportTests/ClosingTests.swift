import RunbookCore
import RunbookReport
import RunbookTestSupport
import Testing

/// The last lines where more than one thing is to be said.
@Suite struct ClosingTests {
  private let hosts = ["web-1", "web-2", "web-3"]

  private func closing(_ story: Story, _ evidence: ClosingText.Evidence = .init()) -> ClosingText {
    ClosingText(
      story.state, clock: .utc, commands: Commands(), now: story.now, evidence: evidence)
  }

  /// A step failed on each host, and what it had changed is undone.
  private func rolledBack(_ undo: TaskOutcome = .done) -> Story {
    var story = Story([TestPlan.step("install", rollback: "undo")], hosts: hosts)
    story.start("install", on: hosts)
    for host in hosts {
      let id = TaskID("install", host: host)
      story.end(id, .actionFailed, status: 3, after: 1000)
      story.tell(.taskEnded(id, .failed(.action(status: 3, timedOut: false))))
    }
    story.tell(.rollbackStarted(Instance("")))
    for host in hosts {
      let id = TaskID("install", host: host)
      story.attempt(id, .rollback)
      story.end(id, .complete, after: 1000)
      story.tell(.rollbackTaskEnded(id, undo))
    }
    story.tell(.rollbackEnded(Instance(""), succeeded: undo.isGood))
    return story
  }

  @Test func saysWhatFailedAlsoOnceItIsUndone() {
    #expect(
      closing(rolledBack()).lines(ended: .rolledBack).golden == """
        ✗ install on web-1, web-2 and web-3: the action ended with exit status 3
            ran     install                                         test.runbook:1
            all     reprise logs 7f3c install@web-1
        Run 7f3c failed, and what it had changed is rolled back after 6.0s. To begin anew:
          reprise run test
        """)
  }

  @Test func saysWhatFailedAndThenWhatCouldNotBeUndone() {
    let story = rolledBack(.failed(.action(status: 4, timedOut: false)))
    let said = closing(story).lines(ended: .rollbackFailed).golden
    let first = said.firstRange(of: "✗ install on web-1, web-2 and web-3: the action ended")
    let second = said.firstRange(of: "✗ the rollback of install on web-1, web-2 and web-3: the")
    #expect(first != nil && second != nil, "\(said)")
    if let first, let second { #expect(first.lowerBound < second.lowerBound) }
  }

  @Test func leavesOutWhyAnAlternativeWasGivenUpForTheNextOne() {
    let alternatives = ["one", "two"].map {
      TestPlan.scope($0, [TestPlan.step("\($0)/try", on: nil, rollback: "undo")])
    }
    var story = Story(
      [
        .firstOf(FirstOf(alternatives: alternatives, origin: TestPlan.origin)),
        TestPlan.step("after", on: nil),
      ])
    story.start("one/try", on: [nil])
    story.end(TaskID("one/try"), .actionFailed, status: 1)
    story.tell(.taskEnded(TaskID("one/try"), .failed(.action(status: 1, timedOut: false))))
    let alone = closing(story).lines(ended: .failed).golden
    #expect(alone.contains("✗ one/try: the action ended"), "\(alone)")
    story.start("two/try", on: [nil])
    story.finish("two/try", on: nil)
    story.start("after", on: [nil])
    story.end(TaskID("after"), .actionFailed, status: 2)
    story.tell(.taskEnded(TaskID("after"), .failed(.action(status: 2, timedOut: false))))
    let said = closing(story).lines(ended: .failed).golden
    #expect(said.contains("✗ after: the action ended"), "\(said)")
    #expect(!said.contains("one/try"), "\(said)")
  }

  @Test func saysThatADoubtStoppedTheRollbackAndWhatEachDecisionDoes() {
    var story = Story([TestPlan.step("install", rollback: "undo")], hosts: ["web-1"])
    let id = TaskID("install", host: "web-1")
    story.start("install", on: ["web-1"])
    story.tell(.rollbackStarted(Instance("")))
    story.tell(.doubtRaised(id, .rebooted), after: 2000)
    #expect(
      closing(story).lines(stopped: .inDoubt).golden == """
        Run 7f3c stopped in its rollback after 2.0s: one task is in doubt.
        ! install on web-1: can't know whether it ran to its end
            known   started 22:13:20, web-1 rebooted while it ran, no output
            asked   it has no check that could tell
            decide  reprise resume 7f3c --rerun install             undo it, whether it ended or not
                    reprise resume 7f3c --accept install            take it as done, and undo it
        """)
  }

  @Test func alignsWhatDecisionsDoBehindLongCommands() {
    var story = Story([TestPlan.step("a-step-with-a-long-name")], hosts: hosts)
    story.start("a-step-with-a-long-name", on: hosts)
    story.tell(.doubtRaised(TaskID("a-step-with-a-long-name", host: "web-1"), .rebooted))
    let lines = closing(story).lines(stopped: .inDoubt).golden.split(separator: "\n").suffix(2)
    let columns = lines.map { line in
      line.firstRange(of: "start it").map {
        line.distance(from: line.startIndex, to: $0.lowerBound)
      }
        ?? line.firstRange(of: "take it").map {
          line.distance(from: line.startIndex, to: $0.lowerBound)
        }
    }
    #expect(columns.count == 2 && columns[0] != nil && columns[0] == columns[1], "\(lines)")
  }

  @Test func foldsHostsThatCanNotBeReachedForTheSameReason() {
    var story = Story([TestPlan.step("look"), TestPlan.step("list")], hosts: hosts)
    for (step, on) in [("look", hosts), ("list", hosts)] {
      story.start(step, on: on)
      story.finish(step, on: "web-1", after: 100)
      for host in ["web-3", "web-2"] {
        let reason = "root@10.0.0.1 port 22: connection refused"
        story.tell(.taskEnded(TaskID(step, host: host), .failed(.unreachable(reason))))
      }
    }
    #expect(
      closing(story).lines(ended: .failed).golden == """
        ✗ web-2 and web-3 can't be reached: connection refused
            missed  look and list
            do      see to it; resume tries it again
        ✓ the other host
        Run 7f3c stopped after 0.2s. When it is mended:  reprise resume 7f3c
        """)
  }

  @Test func namesEveryHostThatRefusesWithWhatToDo() {
    var story = Story([TestPlan.step("look")], hosts: hosts)
    for host in ["web-3", "web-1"] {
      story.tell(
        .hostGivenUp(
          host: host, reason: "root@10.0.0.1 port 22 refused /root/id (ed25519)",
          remedy: "add the public key to authorized_keys on 10.0.0.1"))
    }
    #expect(
      closing(story).lines(stopped: .hostUnreachable(["web-1", "web-3"])).golden == """
        ✗ web-1 and web-3 can't be reached: the host refused /root/id (ed25519)
            do      add the public key to authorized_keys on each of them
        Run 7f3c stopped after 0ms. When that is mended:  reprise resume 7f3c
        """)
  }

  @Test func doesNotFoldHostsThatAreMendedInDifferentWays() {
    var check = TestPlan.check("test -e cfg")
    check.remedy = Template([.text("create cfg on "), .name("host")])
    var story = Story([TestPlan.step("look") { $0.requires = [check] }], hosts: hosts)
    story.start("look", on: hosts)
    for host in hosts.reversed() {
      let id = TaskID("look", host: host)
      story.answer(id, ProbeAnswer(stage: .require, index: 0, answer: .doesNotHold, status: 1))
      story.end(id, .requireFailed(0), status: nil)
      story.tell(.taskEnded(id, .failed(.require(0))))
    }
    let said = closing(story).lines(ended: .failed).golden
    for host in hosts {
      #expect(said.contains("✗ look on \(host): "), "\(said)")
      #expect(said.contains("do      create cfg on \(host)\n"), "\(said)")
    }
  }

  @Test func putsACommandThatDoesNotFitOnALineOfItsOwn() {
    let story = Story([TestPlan.step("look")], hosts: hosts)
    let commands = Commands(stateFlags: ["--state", "/srv/a/rather/long/path/of/a/state/directory"])
    let lines = ClosingText(
      story.state, clock: .utc, commands: commands, now: story.now, evidence: .init()
    ).lines(stopped: .detached)
    #expect(
      lines.golden == """
        Run 7f3c detached after 0ms. To go on:
          reprise resume 7f3c --state /srv/a/rather/long/path/of/a/state/directory
        """)
  }

  @Test func tellsTheWholeTimeAndThatSinceTheResume() {
    var story = Story([TestPlan.step("look")], title: "Looks", hosts: ["web-1"])
    story.start("look", on: ["web-1"])
    story.tell(.ownerLeft(.detached), after: 4500)
    story.tell(.ownerTook(epoch: 2, process: 4712, operator: "root@install-01"))
    story.finish("look", on: "web-1", after: 4100)
    story.tell(.runEnded(.succeeded))
    #expect(
      closing(story).lines(ended: .succeeded).golden
        == "✓ Looks · run 7f3c done in 8.6s (4.1s since the resume): 1 step on 1 host")
  }

  @Test func tellsWhoIsAskedWhatAndHowToAnswer() {
    var story = Story(
      [
        TestPlan.step("go", on: nil) {
          $0.action = .confirm(Template(text: "Move the data aside?"))
        }
      ])
    story.tell(.stepStarted(Instance("go"), hosts: [nil]))
    #expect(
      closing(story).asked.golden == """
        ? go: Move the data aside?
            yes     reprise approve 7f3c go
            no      reprise approve 7f3c go --deny
        """)
  }

  @Test func whatNobodyWatchesIsNotShownAsRunning() {
    var story = Story([TestPlan.step("look"), TestPlan.step("list")], hosts: ["web-1", "web-2"])
    story.start("look", on: ["web-1", "web-2"])
    story.finish("look", on: "web-1", after: 100)
    story.tell(.ownerLeft(.detached))
    #expect(
      StepGraphText(story.state, now: story.now).lines.golden == """
        ▷ look  ✓ web-1 0.1s   ▷ web-2   no rollback: a test
        · list  2 hosts   no rollback: a test
        """)
  }
}
