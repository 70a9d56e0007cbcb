import RunbookCore

/// Walks a plan as a run would, asks the real hosts what only looks, and says of every task what
/// would become of it: never a guess.
///
/// The guards of a step are asked only while everything before it is satisfied or only looks: then
/// the world of now is the world that they would meet.
package actor Forecaster {
  var state: RunState
  private var vault: SecretVault
  private let hosts: ForecastHosts
  private let files: (any LocalFiles)?
  private var forecast = Forecast()
  private var questions = 0
  /// The first step with an action that would run.
  private var change: StepPath?
  /// The step at which the run would stop.
  private var stop: StepPath?
  /// Hosts that can't be reached, and why.
  private var away: [String?: String] = [:]

  /// - Parameters:
  ///   - name: of the state directories on hosts; no run has it.
  ///   - directory: of the runbook's file.
  package init(
    _ plan: Plan, _ binding: Binding, name: String, directory: String? = nil,
    transport: any Transport, clock: any RunClock, secrets: (any SecretReader)?,
    files: (any LocalFiles)? = nil
  ) {
    state = RunState(plan: plan, binding: binding)
    let description = RunDescription(
      id: name, runbook: plan.name, title: plan.title, operator: "", machine: "",
      directory: directory)
    state.apply(Fact(time: clock.now(), event: .runStarted(description)))
    vault = SecretVault(plan.secrets, reader: secrets)
    self.files = files
    hosts = ForecastHosts(transport: transport, clock: clock, name: name, binding: binding)
  }

  /// - Throws: the first secret that a guard needs and that can't be read.
  package func forecast() async throws(SecretProblem) -> Forecast {
    await hosts.greet(hostsOfSteps)
    away = await hosts.unreachable.mapValues(\.reason)
    do throws(SecretProblem) {
      try await walk(state.index.root, batch: [], unknown: nil, goesOn: false)
    } catch {
      await hosts.close()
      throw error
    }
    await hosts.close()
    forecast.unreachable = await hosts.unreachable
    return forecast
  }

  /// - Parameters:
  ///   - unknown: why nothing in there can be known.
  ///   - goesOn: a failure in there does not stop what follows (`on failure continue`).
  private func walk(
    _ id: Int, batch: [Int], unknown: Forecast.Reason?, goesOn: Bool
  ) async throws(SecretProblem) {
    let node = state.index[id]
    switch node.kind {
    case .step(let step):
      try await visit(step, batch: batch, unknown: unknown, goesOn: goesOn)
    case .sequence(let policy, let when, let environment):
      var unknown = unknown
      if let when, let environment, unknown == nil {
        switch decide(when, environment, batch) {
        case .known(true): break
        case .known(false): return leaveOut(id, batch)
        case .unknown(let reason): unknown = reason
        }
      }
      for child in node.children {
        try await walk(child, batch: batch, unknown: unknown, goesOn: policy == .continue)
      }
    case .parallel:
      // Branches are not ordered: one that would run may come before every later one.
      for child in node.children {
        try await walk(child, batch: batch, unknown: unknown, goesOn: goesOn)
      }
    case .rolling(let group, let size, let policy, let environment):
      let members = state.members(of: group, batch: batch)
      let count = max(1, state.amount(size, environment: environment) ?? 1)
      let batches = stride(from: 0, to: members.count, by: count).map {
        Array(members[$0..<min($0 + count, members.count)])
      }
      apply(.batchesFixed(Instance(node.name, batch: batch), batches: batches))
      let numbers = batches.isEmpty ? [batch] : batches.indices.map { batch + [$0 + 1] }
      for number in numbers {
        for child in node.children {
          try await walk(
            child, batch: number, unknown: unknown ?? missing(group), goesOn: policy == .continue)
        }
      }
    case .firstOf:
      for (position, alternative) in node.children.enumerated() {
        let before = stop
        let known = forecast.items.count
        // Whether a later one is needed is known only where the one before it would stop at once.
        let isNeeded = position == 0 || change == nil && stop != nil
        if position > 0, isNeeded { stop = nil }
        try await walk(
          alternative, batch: batch, unknown: unknown ?? (isNeeded ? nil : .alternative),
          goesOn: goesOn)
        if position == 0, before != nil { stop = before }
        if position + 1 < node.children.count {
          for item in forecast.items.indices[known...] { forecast.items[item].isTakenOver = true }
        }
      }
    }
  }

  private func visit(
    _ step: Step, batch: [Int], unknown: Forecast.Reason?, goesOn: Bool
  ) async throws(SecretProblem) {
    let place = TaskID(step.path, batch: batch)
    var reason = unknown
    if let when = step.when, reason == nil {
      switch decide(when, step.environment, batch) {
      case .known(true): break
      case .known(false): return add(place, .leftOut)
      case .unknown(let why): reason = why
      }
    }
    var members: [String?] = [nil]
    if let group = step.group {
      members = state.members(of: group, batch: batch)
      if members.isEmpty {
        noteChange(step)
        return add(place, .unknown(reason ?? missing(group) ?? .alternative))
      }
    }
    apply(.stepStarted(Instance(step.path, batch: batch), hosts: members))
    let ids = members.map { TaskID(step.path, host: $0, batch: batch) }
    if let reason {
      noteChange(step)
      for id in ids { add(id, away[id.host].map { .noAnswer($0) } ?? .unknown(reason)) }
      return
    }
    let items = try await ask(ids, step)
    forecast.items += items
    if items.contains(where: \.verdict.mayChange) { noteChange(step) }
    if !goesOn, step.onFailure != .continue, items.contains(where: \.verdict.isStop) {
      stop = stop ?? step.path
    }
  }

  private func noteChange(_ step: Step) {
    if step.changesHost { change = change ?? step.path }
  }

  /// The tasks of a step, their hosts at the same time.
  private func ask(_ ids: [TaskID], _ step: Step) async throws(SecretProblem) -> [Forecast.Item] {
    let reading = vault
    let builder = ExchangeBuilder(state, vault)
    let isAsked = change == nil && !step.asksNothing
    if isAsked, let first = ids.first {
      vault.keep(try await reading.read(builder.secrets(for: first)))
    }
    var verdicts: [TaskID: Forecast.Item] = [:]
    var exchanges: [(TaskID, Exchange)] = []
    for id in ids {
      if let known = knownBefore(id, step) {
        verdicts[id] = Forecast.Item(task: id, verdict: known)
      } else if let problem = await fix(id) {
        verdicts[id] = Forecast.Item(task: id, verdict: .cannot(problem.text))
      } else {
        questions += 1
        guard let exchange = ExchangeBuilder(state, vault).questions(for: id, key: "p\(questions)")
        else { continue }
        exchanges.append((id, exchange))
      }
    }
    let hosts = hosts
    let replies = await withTaskGroup(
      of: (TaskID, Result<HostInquiry.Reply, TransportError>).self
    ) { group in
      for (id, exchange) in exchanges {
        group.addTask { (id, await hosts.ask(id.host, exchange)) }
      }
      var all: [(TaskID, Result<HostInquiry.Reply, TransportError>)] = []
      for await reply in group { all.append(reply) }
      return all
    }
    for (id, reply) in replies { verdicts[id] = item(id, step, reply) }
    for id in ids {
      guard case .satisfied? = verdicts[id]?.verdict else { continue }
      await askOutputs(id, step)
    }
    return ids.compactMap { verdicts[$0] }
  }

  /// Fixes the local file of an `upload`, as its first task would.
  private func fix(_ id: TaskID) async -> LocalFileProblem? {
    guard let files, let path = ExchangeBuilder(state, vault).localPath(of: id),
      state.files[FileSlot(step: id.step, path: path)] == nil
    else { return nil }
    do throws(LocalFileProblem) {
      apply(.fileFixed(id.step, path: path, try await files.digest(of: path)))
      return nil
    } catch {
      return error
    }
  }

  /// What is known without asking the host; nil where it has to be asked.
  private func knownBefore(_ id: TaskID, _ step: Step) -> Forecast.Verdict? {
    if let reason = away[id.host] { return .noAnswer(reason) }
    if let missing = missingOutput(id, step) { return .unknown(missing) }
    if let change, !step.asksNothing { return .unknown(.after(change)) }
    for (position, check) in step.requires.enumerated() where holds(check, id, step) == false {
      return .stops(.require, position, .doesNotHold)
    }
    for (position, check) in step.unless.enumerated() where holds(check, id, step) == true {
      return .satisfied(position)
    }
    let isAsked = (step.requires + step.unless + (step.changesHost ? [] : step.checks))
      .contains(where: \.isAskedOnHost)
    let hasOutputs = !step.changesHost && step.outputs.contains { $0.source != nil }
    return isAsked || hasOutputs || step.isUpload ? nil : free(id, step)
  }

  /// Nothing stands against it.
  private func free(_ id: TaskID, _ step: Step) -> Forecast.Verdict {
    if let stop { return .unknown(.blocked(stop)) }
    if step.changesHost { return .wouldRun }
    if !step.changesHost {
      for (position, check) in step.checks.enumerated() where holds(check, id, step) == false {
        return .stops(.check, position, .doesNotHold)
      }
    }
    if case .confirm? = step.action { return .wouldAsk }
    return .holds
  }

  private func item(
    _ id: TaskID, _ step: Step, _ reply: Result<HostInquiry.Reply, TransportError>
  ) -> Forecast.Item {
    switch reply {
    case .failure(let error): return Forecast.Item(task: id, verdict: .noAnswer(error.reason))
    case .success(let reply):
      let answers = reply.answers.map(redact)
      func found(_ stage: ProbeStage, _ index: Int) -> ProbeAnswer? {
        answers.last { $0.stage == stage && $0.index == index }
      }
      func stops(_ stage: ProbeStage, _ index: Int) -> Forecast.Item {
        let answer = found(stage, index)
        return Forecast.Item(
          task: id, verdict: .stops(stage, index, answer?.answer ?? .cannotTell), found: answer)
      }
      switch reply.end.verdict {
      case .complete:
        if !step.changesHost { take(answers, id, step) }
        return Forecast.Item(task: id, verdict: free(id, step))
      case .satisfied:
        let held = answers.last { $0.stage == .unless && $0.answer == .holds }
        return Forecast.Item(task: id, verdict: .satisfied(held?.index ?? 0), found: held)
      case .requireFailed(let index): return stops(.require, index)
      case .unlessCannotTell(let index): return stops(.unless, index)
      case .checkFailed(let index): return stops(.check, index)
      case .outputFailed(let index): return stops(.output, index)
      case .notStarted(let reason):
        return Forecast.Item(task: id, verdict: .noAnswer(reason))
      case .actionFailed, .alreadyClaimed, .interrupted:
        return Forecast.Item(task: id, verdict: .noAnswer("its answer makes no sense"))
      }
    }
  }

  private func askOutputs(_ id: TaskID, _ step: Step) async {
    questions += 1
    guard step.outputs.contains(where: { $0.source != nil }),
      let exchange = ExchangeBuilder(state, vault).outputQuestions(for: id, key: "p\(questions)"),
      case .success(let reply) = await hosts.ask(id.host, exchange)
    else { return }
    take(reply.answers.map(redact), id, step)
  }

  /// Values that later steps are told.
  private func take(_ answers: [ProbeAnswer], _ id: TaskID, _ step: Step) {
    for answer in answers where answer.stage == .output && answer.index < step.outputs.count {
      let output = step.outputs[answer.index]
      // What took from a secret is not carried around for a forecast.
      if state.index.secretFlow.contains(step.path, output.name) { continue }
      if let value = try? Value(output: answer.text, as: output.type) {
        apply(.outputSet(id, name: output.name, value: value))
      }
    }
  }

  private func redact(_ answer: ProbeAnswer) -> ProbeAnswer {
    var answer = answer
    answer.text = vault.redactor.redact(answer.text, isFinal: true)
    answer.errorText = vault.redactor.redact(answer.errorText, isFinal: true)
    return answer
  }

  private func leaveOut(_ scope: Int, _ batch: [Int]) {
    for step in state.index.steps {
      guard let node = state.index.node(of: step.path), state.index.contains(scope, node) else {
        continue
      }
      add(TaskID(step.path, batch: batch), .leftOut)
    }
  }

  private func add(_ id: TaskID, _ verdict: Forecast.Verdict) {
    forecast.items.append(Forecast.Item(task: id, verdict: verdict))
  }

  private func apply(_ event: Event) {
    state.apply(Fact(time: state.startedAt ?? Timestamp(milliseconds: 0), event: event))
  }
}
