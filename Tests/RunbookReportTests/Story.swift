import RunbookCore
import RunbookReport
import RunbookTestSupport

/// Facts made by hand, one after the other, with a clock that is set by hand: the run `7f3c`.
struct Story {
  let plan: Plan
  let binding: Binding
  private(set) var facts: [Fact] = []
  var now = Timestamp(milliseconds: 1_700_000_000_000)
  private var keys: [TaskID: AttemptKey] = [:]

  init(_ body: [Statement], title: String? = nil, hosts: [String] = []) {
    var plan = TestPlan.make(body)
    plan.title = title
    self.plan = plan
    binding = Binding(
      hosts: hosts.map { Host(name: $0, address: "10.0.0.1") }, groups: ["db": hosts])
    tell(
      .runStarted(
        RunDescription(
          id: "7f3c", runbook: "test", title: title, operator: "root", machine: "install-01")))
    tell(.ownerTook(epoch: 1, process: 4711, operator: "root@install-01"))
  }

  var state: RunState {
    var state = RunState(plan: plan, binding: binding)
    for fact in facts { state.apply(fact) }
    return state
  }

  mutating func tell(_ event: Event, after milliseconds: Int = 0) {
    now = now + milliseconds
    facts.append(Fact(time: now, event: event))
  }

  mutating func start(_ step: StepPath, on hosts: [String?]) {
    tell(.stepStarted(Instance(step), hosts: hosts))
    for host in hosts { attempt(TaskID(step, host: host)) }
  }

  mutating func attempt(_ id: TaskID, _ purpose: Attempt.Purpose = .forward) {
    let key = "k\(facts.count)"
    keys[id] = key
    tell(.attemptStarted(id, Attempt(key: key, number: 1, purpose: purpose)))
  }

  mutating func answer(_ id: TaskID, _ answer: ProbeAnswer) {
    tell(.probeAnswered(key: keys[id] ?? "", answer, logOffset: 0))
  }

  mutating func end(_ id: TaskID, _ verdict: ExchangeEnd.Verdict, status: Int? = 0, after: Int = 0)
  {
    tell(
      .exchangeEnded(
        key: keys[id] ?? "", ExchangeEnd(verdict: verdict, status: status), mayLackOutput: false),
      after: after)
  }

  mutating func finish(
    _ step: StepPath, on host: String?, _ outcome: TaskOutcome = .done, after: Int = 0
  ) {
    let id = TaskID(step, host: host)
    end(id, .complete, after: after)
    tell(.taskEnded(id, outcome))
  }
}

extension [Line] {
  /// As golden texts are written: plain, without blanks at the ends of lines.
  var golden: String {
    map { line in
      var text = line.rendered(.plain)
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }
}
