import RunbookCore
import RunbookReport
import RunbookTestSupport
import Testing

@Suite struct PlainLogTests {
  @Test func tellsARunInLinesWithATime() {
    var story = Story([TestPlan.step("stop")], hosts: ["a", "b", "c"])
    story.start("stop", on: ["a", "b", "c"])
    let opening = story.facts
    for host in ["a", "b", "c"] { story.finish("stop", on: host, after: 1000) }
    var log = PlainLog(
      state: RunState(plan: story.plan, binding: story.binding), clock: .utc, commands: Commands())
    var lines = log.take(opening)
    lines += log.printed(TaskID("stop", host: "a"), Array("one\ntwo\u{1B}\n".utf8), at: story.now)
    // The first host ends in a commit of its own, the others in one.
    lines += log.take(Array(story.facts[opening.count..<(opening.count + 2)]))
    lines += log.take(Array(story.facts[(opening.count + 2)...]))
    #expect(
      lines.golden == """
        22:13:20  run 7f3c of test begins, by root@install-01
        22:13:20  ▶ stop on a, b and c
        22:13:23      stop@a | one
        22:13:23      stop@a | two^[
        22:13:21  ✓ stop on a 1.0s
        22:13:23  ✓ stop on b and c 3.0s
        """)
  }

  @Test func foldsHostsThatEndTogether() {
    var story = Story([TestPlan.step("stop")], hosts: ["a", "b"])
    story.start("stop", on: ["a", "b"])
    var log = PlainLog(state: story.state, clock: .utc, commands: Commands())
    let ends = ["a", "b"].map { Event.taskEnded(TaskID("stop", host: $0), .satisfied) }
    let lines = log.take(ends.map { Fact(time: story.now, event: $0) })
    #expect(lines.golden == "22:13:20  = stop on a and b 0ms, was so already")
  }

  @Test func tellsOnlyTheBeginningOfALongOutput() {
    var story = Story([TestPlan.step("stop", on: nil)])
    story.start("stop", on: [nil])
    var log = PlainLog(state: story.state, clock: .utc, commands: Commands())
    let bytes = Array(String(repeating: "line\n", count: 1000).utf8)
    let lines = log.printed(TaskID("stop"), bytes, at: story.now)
    #expect(lines.count == 21)
    #expect(lines.last?.rendered(.plain) == "22:13:20      stop | … more in reprise logs 7f3c stop")
    #expect(log.printed(TaskID("stop"), bytes, at: story.now).isEmpty)
  }

  @Test func tellsADoubtOnceAndOfARollbackThatFailedNotThatItIsDone() {
    var story = Story([TestPlan.step("stop", rollback: "undo")], hosts: ["a"])
    let id = TaskID("stop", host: "a")
    story.start("stop", on: ["a"])
    let known = story.facts.count
    story.tell(.doubtRaised(id, .rebooted))
    story.tell(.doubtRaised(id, .rebooted))
    story.tell(.rollbackStarted(Instance("")))
    story.attempt(id, .rollback)
    story.end(id, .actionFailed, status: 4)
    story.tell(.rollbackTaskEnded(id, .failed(.action(status: 4, timedOut: false))))
    var log = PlainLog(
      state: RunState(plan: story.plan, binding: story.binding), clock: .utc, commands: Commands())
    _ = log.take(Array(story.facts[..<known]))
    #expect(
      log.take(Array(story.facts[known...])).golden == """
        22:13:20  ! stop on a is in doubt: a rebooted while it ran
        22:13:20  ▶ rollback of the runbook begins
        22:13:20  ✗ the rollback of stop on a failed: the action ended with exit status 4
        """)
  }

  @Test func tellsOnceWhyHostsCanNotBeReached() {
    var story = Story([TestPlan.step("stop")], hosts: ["a", "b"])
    story.start("stop", on: ["a", "b"])
    let known = story.facts.count
    for host in ["a", "b"] {
      story.tell(.taskEnded(TaskID("stop", host: host), .failed(.unreachable("no route"))))
    }
    var log = PlainLog(
      state: RunState(plan: story.plan, binding: story.binding), clock: .utc, commands: Commands())
    _ = log.take(Array(story.facts[..<known]))
    let lines = log.take(Array(story.facts[known...]))
    #expect(lines.count == 1)
    #expect(
      lines.golden.hasSuffix("✗ stop on a and b 0ms: they can't be reached"), "\(lines.golden)")
  }
}
