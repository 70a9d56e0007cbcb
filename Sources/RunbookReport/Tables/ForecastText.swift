import RunbookCore

/// `plan`: step by step, hosts that agree folded into one line.
package struct ForecastText {
  private let plan: Plan
  private let index: PlanIndex
  private let binding: Binding
  private let rows: [ForecastRow]
  /// Hosts that can't be reached.
  private let away: [UnreachableText.Entry]

  private var hosts: [Host] { binding.hosts }

  package init(
    plan: Plan, binding: Binding, _ rows: [ForecastRow],
    away: [(host: String?, reason: String, remedy: String?)] = []
  ) {
    self.plan = plan
    self.binding = binding
    self.rows = rows
    self.away = away.map {
      UnreachableText.Entry(host: $0.host, reason: $0.reason, remedy: $0.remedy)
    }
    index = PlanIndex(plan)
  }

  package var lines: [Line] {
    var head = Line(plan.title ?? plan.name, .strong)
    head.append(" · a run now, " + Words.count(hosts.count, "host") + "; nothing is changed")
    var lines = [head]
    var step: Instance?
    for group in groups {
      let instance = group[0].task.instance
      if instance != step {
        var line = Line("  ")
        line.append(instance.path, .strong)
        if !instance.batch.isEmpty {
          line.append(" · batch " + instance.batch.map(String.init).joined(separator: "."))
        }
        if let title = index.step(instance.path)?.title { line.append("  " + title, .quiet) }
        lines.append(line)
        step = instance
      }
      lines += self.lines(group)
    }
    let state = RunState(plan: plan, binding: binding)
    return lines + UnreachableText(state: state).lines(away) + [summary]
  }

  /// One object for each task; see `docs/json.md`.
  package var json: [String] { rows.map(json) }

  /// Neighbours of one step with the same verdict.
  private var groups: [[ForecastRow]] {
    var groups: [[ForecastRow]] = []
    for row in rows {
      let position = groups.lastIndex { group in
        group[0].task.instance == row.task.instance && isAlike(group[0], row)
      }
      if let position {
        groups[position].append(row)
      } else if let near = groups.lastIndex(where: { $0[0].task.instance == row.task.instance }) {
        groups.insert([row], at: near + 1)
      } else {
        groups.append([row])
      }
    }
    return groups
  }

  /// The same is to be said of both. Why a host can't be reached is said at the end.
  private func isAlike(_ one: ForecastRow, _ other: ForecastRow) -> Bool {
    if isAway(one), isAway(other) { return true }
    return one.verdict == other.verdict && said(one) == said(other)
      && remedy(one) == remedy(other)
  }

  private func isAway(_ row: ForecastRow) -> Bool {
    guard case .noAnswer = row.verdict else { return false }
    return away.contains { $0.host == row.task.host }
  }

  private func remedy(_ row: ForecastRow) -> String? {
    guard case .stops(let stage, let position, _) = row.verdict,
      let remedy = check(row.task, stage, position)?.remedy,
      let step = index.step(row.task.step)
    else { return nil }
    return RunState(plan: plan, binding: binding)
      .text(remedy, for: row.task, environment: step.environment)
  }

  private func lines(_ group: [ForecastRow]) -> [Line] {
    let row = group[0]
    var line = Line("    ")
    line.append(glyph(row.verdict))
    let names = group.compactMap(\.task.host)
    if !names.isEmpty {
      line.append(
        " "
          + (names.count == hosts.count && names.count > 3
            ? "all \(names.count) hosts" : Words.list(names)))
    }
    line.append((names.isEmpty ? " " : ": ") + words(row))
    var lines = [line]
    switch row.verdict {
    case .wouldRun, .unknown:
      if let action = action(row.task) { lines.append(Line("      " + action, .quiet)) }
    case .wouldAsk, .holds, .leftOut, .satisfied, .stops, .cannot, .noAnswer: break
    }
    if let said = said(row) { lines.append(CheckText.line("found", said)) }
    if let remedy = remedy(row) { lines.append(CheckText.line("do", remedy)) }
    return lines
  }

  /// What it would do, in one line; paths with their values.
  private func action(_ task: TaskID) -> String? {
    guard let step = index.step(task.step) else { return nil }
    let state = RunState(plan: plan, binding: binding)
    let text = { (template: Template) in
      state.text(template, for: task, environment: step.environment, isAhead: true)
    }
    switch step.action {
    case .run(let code)?: return code.firstLine
    case .write(let path, _, _, _)?: return "write " + text(path)
    case .stash(let globs, let to)?:
      let goal = to.map { " to " + text($0) } ?? ""
      return "stash " + globs.map(text).joined(separator: " ") + goal
    case .upload(let local, let path)?: return "upload \(text(local)) to \(text(path))"
    case .confirm?, nil: return nil
    }
  }

  private func glyph(_ verdict: ForecastRow.Verdict) -> StateGlyph {
    switch verdict {
    case .wouldRun: ShownState.running.glyph
    case .wouldAsk: ShownState.waiting.glyph
    case .holds: ShownState.done.glyph
    case .satisfied: ShownState.satisfied.glyph
    case .leftOut: ShownState.leftOut.glyph
    case .stops, .cannot, .noAnswer: ShownState.failed.glyph
    case .unknown: ShownState.toCome.glyph
    }
  }

  private func words(_ row: ForecastRow) -> String {
    switch row.verdict {
    case .wouldRun: return "would run"
    case .wouldAsk: return "would ask: " + (question(row.task) ?? "a person")
    case .holds:
      return isOnlyUndone(row.task)
        ? "does nothing, but in a rollback" : "only looks, and holds now"
    case .leftOut: return "left out: its condition is false"
    case .satisfied(let position):
      guard let check = check(row.task, .unless, position) else {
        return "satisfied: the file is there with this content"
      }
      return "satisfied: \(check.text)"
    case .cannot(let reason): return "would stop: \(reason)"
    case .stops(.unless, let position, _) where check(row.task, .unless, position) == nil:
      return "whether the file is there can't be told now"
    case .stops(let stage, let position, let answer):
      let what =
        switch stage {
        case .require: "a requirement"
        case .unless: "a guard"
        case .check: "a check"
        case .output: "an output"
        }
      let now = answer == .cannotTell ? "cannot tell now" : "does not hold now"
      let text = check(row.task, stage, position).map { ": \($0.text)" } ?? ""
      return stage == .output ? "an output can't be read now" : "\(what) \(now)\(text)"
    case .unknown(let why): return "can't be known \(why)"
    case .noAnswer(let reason):
      return isAway(row) ? "can't be reached" : "gave no answer: \(reason)"
    }
  }

  /// What a `confirm` asks.
  private func question(_ task: TaskID) -> String? {
    guard let step = index.step(task.step), case .confirm(let text)? = step.action else {
      return nil
    }
    return RunState(plan: plan, binding: binding)
      .text(text, for: task, environment: step.environment, isAhead: true)
  }

  /// A step that has nothing but a `rollback`.
  private func isOnlyUndone(_ task: TaskID) -> Bool {
    guard let step = index.step(task.step) else { return false }
    return step.action == nil && step.requires.isEmpty && step.unless.isEmpty
      && step.checks.isEmpty && step.outputs.isEmpty
  }

  private func check(_ task: TaskID, _ stage: ProbeStage, _ position: Int) -> Check? {
    guard let step = index.step(task.step) else { return nil }
    let list: [Check] =
      switch stage {
      case .require: step.requires
      case .unless: step.unless
      case .check: step.checks
      case .output: []
      }
    return position < list.count ? list[position] : nil
  }

  private func said(_ row: ForecastRow) -> String? {
    guard case .stops = row.verdict, let found = row.found else { return nil }
    let text = Printable.firstLine(found.text.isEmpty ? found.errorText : found.text).text
    return text.isEmpty ? "exit status \(found.status)" : text
  }

  /// Each task is counted once: the numbers add up.
  private var summary: Line {
    var counts: [(what: String, count: Int)] = [
      "would run", "would ask", "as they should be", "left out", "can't be known yet",
      "gave no answer", "would stop it",
    ].map { ($0, 0) }
    for row in rows {
      let place =
        switch row.verdict {
        case .wouldRun: 0
        case .wouldAsk: 1
        case .satisfied, .holds: 2
        case .leftOut: 3
        case .unknown: 4
        case .noAnswer: 5
        case .stops, .cannot: 6
        }
      counts[place].count += 1
    }
    if let stop = rows.first(where: stops)?.task.step {
      counts[6].what += ", first at \(stop)"
    } else {
      counts[6].what = "would fail, and the next alternative be tried"
    }
    let parts = counts.enumerated().filter { $0.offset == 0 || $0.element.count > 0 }
      .map { "\($0.element.count) \($0.element.what)" }
    return Line("Of \(Words.count(rows.count, "task")): " + parts.joined(separator: ", "))
  }

  private func stops(_ row: ForecastRow) -> Bool {
    switch row.verdict {
    case .stops, .cannot: !row.isTakenOver
    case .wouldRun, .wouldAsk, .satisfied, .holds, .leftOut, .unknown, .noAnswer: false
    }
  }

  private func json(_ row: ForecastRow) -> String {
    var json = JSONObject()
    json["step"] = .string(row.task.step)
    json["host"] = row.task.host.map { .string($0) }
    if !row.task.batch.isEmpty { json["batch"] = .array(row.task.batch.map { .int($0) }) }
    let word: String
    switch row.verdict {
    case .wouldRun: word = "wouldRun"
    case .wouldAsk: word = "wouldAsk"
    case .holds: word = "holds"
    case .leftOut: word = "leftOut"
    case .satisfied(let position):
      word = "satisfied"
      json["check"] = check(row.task, .unless, position).map { .string($0.text) }
    case .stops(let stage, let position, let answer):
      word = "stops"
      json["check"] = check(row.task, stage, position).map { .string($0.text) }
      json["answer"] = .string(answer.rawValue)
      json["found"] = said(row).map { .string($0) }
    case .cannot(let reason):
      word = "stops"
      json["reason"] = .string(reason)
    case .unknown(let why):
      word = "unknown"
      json["reason"] = .string(why)
    case .noAnswer(let reason):
      word = "noAnswer"
      json["reason"] = .string(reason)
    }
    json["verdict"] = .string(word)
    return json.text
  }
}
