import RunbookCore
import RunbookReport
import RunbookTestSupport
import Testing

@Suite struct LiveViewTests {
  private func reinstallation() -> Story {
    var story = Story(
      [
        TestPlan.phase(
          "precheck", [TestPlan.step("precheck/docker"), TestPlan.step("precheck/xfs")]),
        TestPlan.phase(
          "reinstall",
          [
            TestPlan.step("reinstall/approve", on: nil) {
              $0.action = .confirm(Template(text: "Move the data aside?"))
            }, TestPlan.step("reinstall/stop"), TestPlan.step("reinstall/clean"),
            TestPlan.step("reinstall/install", on: nil),
          ]),
        TestPlan.phase(
          "validate", [TestPlan.step("validate/leader"), TestPlan.step("validate/sql")]),
      ], title: "Option A : réinstallation complète",
      hosts: ["db-master-01", "db-slave-01", "db-slave-02"])
    for step in ["precheck/docker", "precheck/xfs"] {
      story.start(step, on: story.binding.hosts.map(\.name))
      for host in story.binding.hosts { story.finish(step, on: host.name, after: 200) }
    }
    story.tell(.stepStarted(Instance("reinstall/approve"), hosts: [nil]))
    return story
  }

  private func approve(_ story: inout Story) {
    let id = TaskID("reinstall/approve")
    story.tell(.confirmed(id, by: "root@install-01"), after: 30_000)
    story.tell(.taskEnded(id, .done))
    story.start("reinstall/stop", on: story.binding.hosts.map(\.name))
    story.finish("reinstall/stop", on: "db-master-01", after: 3100)
  }

  @Test func namesHostsThatDifferAndFoldsWhatIsQuiet() {
    var story = reinstallation()
    approve(&story)
    var view = LiveView(state: story.state, commands: Commands())
    view.fleeting.printed(TaskID("reinstall/stop", host: "db-slave-01"), Array("patroni\n".utf8))
    let frame = view.frame(width: 100, height: 24, now: story.now + 8900)
    #expect(
      frame.golden == """
        Option A : réinstallation complète · run 7f3c · 0:43 · 3 hosts
          precheck    ✓ 2 steps 1.2s
          reinstall
            ✓ approve   by root@install-01
            ▶ stop      ✓ db-master-01 3.1s   ▶ db-slave-01 12s   ▶ db-slave-02 12s
                db-slave-01  patroni
            · clean   · install
          validate    · 2 steps
        Ctrl-C detaches; what runs on the hosts goes on, `reprise resume 7f3c` picks it up.
        """)
  }

  @Test func asksThePersonInsteadOfTellingOfCtrlC() {
    let story = reinstallation()
    let frame = LiveView(state: story.state, commands: Commands())
      .frame(width: 80, height: 24, now: story.now)
    #expect(frame.last?.rendered(.plain) == "? Move the data aside?  [y/n] ")
  }

  @Test func givesCommandsWithTheOptionsThatWereGiven() {
    var story = reinstallation()
    approve(&story)
    let commands = Commands(
      stateFlags: ["--state", "/srv/my runs"], hostFlags: ["--identity", "key"])
    let frame = LiveView(state: story.state, commands: commands)
      .frame(width: 200, height: 24, now: story.now)
    #expect(
      frame.last?.rendered(.plain)
        == "Ctrl-C detaches; what runs on the hosts goes on, "
        + "`reprise resume 7f3c --state '/srv/my runs' --identity key` picks it up.")
  }

  @Test(arguments: [(80, 24), (80, 8), (40, 5), (20, 3), (200, 50)])
  func staysWithinTheScreen(_ width: Int, _ height: Int) {
    let hosts = (1...500).map { "node-\($0)" }
    let steps = (1...40).map { TestPlan.step("work/step-\($0)") }
    var story = Story([TestPlan.phase("work", steps)], hosts: hosts)
    for number in 1...20 {
      story.start("work/step-\(number)", on: hosts)
      for host in hosts { story.finish("work/step-\(number)", on: host) }
    }
    story.start("work/step-21", on: hosts)
    for host in hosts.prefix(480) { story.finish("work/step-21", on: host, after: 5) }
    var view = LiveView(state: story.state, commands: Commands())
    for host in hosts {
      view.fleeting.printed(TaskID("work/step-21", host: host), Array("line\n".utf8))
    }
    let frame = view.frame(width: width, height: height, now: story.now + 1000)
    #expect(frame.count <= height)
    for line in frame { #expect(Printable.width(line.rendered(.plain, width: width)) <= width) }
  }

  @Test func cutsALongTitleAndNotWhatStandsBehindIt() {
    let title = String(repeating: "é long ", count: 20)
    let story = Story([TestPlan.step("a")], title: title, hosts: ["a", "b"])
    let view = LiveView(state: story.state, commands: Commands())
    let head = view.frame(width: 60, height: 9, now: story.now)[0].rendered(.plain, width: 60)
    #expect(head.hasPrefix("é long é long ") && head.hasSuffix("… · run 7f3c · 0:00 · 2 hosts"))
    #expect(Printable.width(head) == 60)
  }

  @Test func tellsOfFiveHundredHostsInOneLineEach() {
    let hosts = (1...500).map { "node-\($0)" }
    var story = Story([TestPlan.step("upgrade")], hosts: hosts)
    story.start("upgrade", on: hosts)
    for host in hosts.prefix(480) { story.finish("upgrade", on: host, after: 5) }
    for host in hosts.suffix(2) {
      story.finish("upgrade", on: host, .failed(.action(status: 1, timedOut: false)))
    }
    let frame = LiveView(state: story.state, commands: Commands())
      .frame(width: 100, height: 24, now: story.now + 9600)
    #expect(
      frame.dropFirst().dropLast().map { $0 }.golden == """
          ✗ upgrade   ✗ node-499 and node-500   ✓ 480 hosts 2.4s   ▶ 18 hosts 12s   longest node-481
        """)
  }

  @Test func tellsWhatACheckIsAskedAndForHowLong() {
    var story = Story(
      [TestPlan.step("start", check: "curl -f localhost", within: 30_000)], hosts: ["a"])
    let id = TaskID("start", host: "a")
    story.start("start", on: ["a"])
    story.answer(id, ProbeAnswer(stage: .check, index: 0, answer: .doesNotHold, status: 7))
    story.end(id, .checkFailed(0))
    story.tell(
      .polled(
        id, ExchangeEnd(verdict: .checkFailed(0)),
        answers: [
          ProbeAnswer(
            stage: .check, index: 0, answer: .doesNotHold, status: 7, text: Array("503\n".utf8))
        ]), after: 4000)
    let frame = LiveView(state: story.state, commands: Commands())
      .frame(width: 100, height: 24, now: story.now + 1000)
    #expect(
      frame[2].rendered(.plain)
        == "      asks `curl -f localhost`, 2 times, for 25s more: 503")
  }

  @Test func tellsWhichHostsCannotBeReachedYet() {
    let story = Story([TestPlan.step("look")], hosts: ["a", "b"])
    var view = LiveView(state: story.state, commands: Commands())
    view.fleeting.connecting(to: "a", at: story.now)
    view.fleeting.connecting(to: "b", at: story.now)
    view.fleeting.failedToConnect(
      to: "b", reason: "connection refused", after: 4000, until: story.now + 15_000, at: story.now)
    let frame = view.frame(width: 100, height: 24, now: story.now + 500)
    #expect(
      frame.suffix(3).map { $0 }.golden == """
        connecting to a
        no connection to b: next try in 4s, given up in 15s; connection refused
        Ctrl-C detaches; what runs on the hosts goes on, `reprise resume 7f3c` picks it up.
        """)
  }
}
