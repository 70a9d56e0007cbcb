import RunbookCore

/// The screen of a run that is driven: a fold over its facts and a frame of lines for any moment.
///
///     var view = LiveView(state: state, commands: Commands())
///     view.take(facts)
///     for line in view.frame(width: 80, height: 24, now: now) { … }
package struct LiveView: Sendable {
  package private(set) var state: RunState
  package var fleeting: Fleeting
  private let commands: Commands
  /// Ctrl-C was pressed: what is still to be written is written.
  package var isDetaching = false
  /// What was typed is no answer.
  package var isUnclear = false
  /// The run is not driven any more: nothing is to be asked or told for later.
  package var isOver = false

  package init(state: RunState, commands: Commands, fleeting: Fleeting = Fleeting()) {
    self.state = state
    self.commands = commands
    self.fleeting = fleeting
  }

  package mutating func take(_ facts: [Fact]) {
    for fact in facts {
      state.apply(fact)
      fleeting.take(fact.event)
      if case .outputSkipped(let key, _, _, _, _, let reason) = fact.event,
        let attempt = state.attempts[key]
      {
        let length = attempt.output.skipped + attempt.error.skipped
        fleeting.skipped(attempt.task, Words.skipped(length, reason))
      }
    }
  }

  /// At most `height` lines, each at most `width` columns wide when rendered with that width.
  package func frame(width: Int, height: Int, now: Timestamp) -> [Line] {
    let head = [header(now: now, width: width)]
    let foot = footer(now: now, width: width)
    let room = max(1, height - head.count - foot.count)
    var body: [Line] = []
    for detail in LiveTree.Detail.allCases {
      let tree = LiveTree(
        RunPicture(state), fleeting, now: now, width: width, detail: detail, room: room)
      body = tree.lines()
      if body.count <= room { return head + body + foot }
    }
    return head + body.suffix(room) + foot
  }

  /// `Option A : réinstallation complète · run 7f3c · 0:41 · 3 hosts`
  private func header(now: Timestamp, width: Int) -> Line {
    let since = state.ownerSince ?? now
    var facts = " · run \(state.runID) · "
    facts += DurationText.clock((state.endedAt ?? now).milliseconds - since.milliseconds)
    if state.hostCount > 0 { facts += " · " + Words.count(state.hostCount, "host") }
    // A long title is cut, not what follows it.
    var title = state.plan.title ?? state.plan.name
    let room = max(8, width - Printable.width(facts))
    if Printable.width(title) > room { title = Printable.head(of: title, width: room - 1) + "…" }
    var line = Line(title, .strong)
    line.append(facts)
    return line
  }

  private func footer(now: Timestamp, width: Int) -> [Line] {
    if isOver { return [] }
    var lines = ConnectionLines(state, fleeting, now: now).lines
    guard state.outcome == nil else { return lines }
    let command = commands.resume(state.runID)
    if isDetaching {
      lines.append(Line("Detaching; `\(command)` picks it up. Ctrl-C again: at once.", .quiet))
    } else if let question = waitingQuestion(width: width) {
      lines += question
    } else {
      let hints = [
        "Ctrl-C detaches; what runs on the hosts goes on, `\(command)` picks it up.",
        "Ctrl-C detaches; `\(command)` picks it up.", "Ctrl-C, then `\(command)`",
      ]
      let fitting = hints.first { $0.count <= width } ?? "Ctrl-C detaches"
      lines.append(Line(fitting, .quiet))
    }
    return lines
  }

  /// The first `confirm` that waits for its person.
  package var question: TaskID? { state.question }

  /// All of its text, on as many lines as it takes: who answers must have read it.
  private func waitingQuestion(width: Int) -> [Line]? {
    guard let question = question.flatMap(state.questionText) else { return nil }
    let answers = isUnclear ? "  type y or n, then Enter " : "  [y/n] "
    let pieces = Words.wrapped(question, width: max(20, width - 2 - answers.count))
      .split(separator: "\n")
    return pieces.indices.map { position in
      var line = Line()
      if position == pieces.startIndex { line.append(ShownState.waiting.glyph) }
      line.pad(to: 2)
      line.append(String(pieces[position]), .strong)
      if position == pieces.index(before: pieces.endIndex) { line.append(answers, .strong) }
      return line
    }
  }
}
