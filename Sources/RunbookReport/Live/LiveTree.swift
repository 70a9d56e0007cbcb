import RunbookCore

/// The middle of the live view: the runbook as a tree, with what is quiet folded.
struct LiveTree {
  /// How much is told; less where the screen is too small.
  enum Detail: CaseIterable {
    /// Every step of a scope that is underway, and what its hosts print.
    case full
    /// One line of what hosts print for each step.
    case brief
    /// Steps only, those that ended folded.
    case folded
    /// Only what a person must look at.
    case active
  }

  let picture: RunPicture
  let fleeting: Fleeting
  let now: Timestamp
  let width: Int
  let detail: Detail
  let room: Int
  private var state: RunState { picture.state }

  init(
    _ picture: RunPicture, _ fleeting: Fleeting, now: Timestamp, width: Int, detail: Detail,
    room: Int
  ) {
    self.picture = picture
    self.fleeting = fleeting
    self.now = now
    self.width = width
    self.detail = detail
    self.room = room
  }

  func lines() -> [Line] { children(of: state.index.root, indent: 2) }

  private func children(of id: Int, indent: Int) -> [Line] {
    let ids = state.index[id].children
    let column = indent + 2 + min(24, ids.map { state.index.shortName(of: $0).count }.max() ?? 0)
    var lines: [Line] = []
    var toCome: [Int] = []
    var ended: [Int] = []
    func flush() {
      if !ended.isEmpty { lines.append(summary(of: ended, indent: indent)) }
      if !toCome.isEmpty { lines += pending(toCome, indent: indent) }
      (ended, toCome) = ([], [])
    }
    for id in ids {
      let own = picture.nodes[id]
      let isStep = state.index[id].children.isEmpty
      if isStep, own.state == .toCome {
        toCome.append(id)
      } else if detail == .folded || detail == .active, isStep, own.isQuiet {
        if !toCome.isEmpty { flush() }
        ended.append(id)
      } else {
        flush()
        lines += isStep ? step(id, indent, column) : scope(id, indent, column)
      }
    }
    flush()
    return lines
  }

  /// `· clean     · install`, on as many lines as it takes; only a count where room is short.
  private func pending(_ ids: [Int], indent: Int) -> [Line] {
    if detail == .active || detail == .folded, ids.count > 3 {
      return [Line(blanks(indent) + "· \(Words.count(ids.count, "step")) to come", .quiet)]
    }
    var lines: [Line] = []
    var line = Line(blanks(indent))
    for id in ids {
      let text = "· " + state.index.shortName(of: id)
      if line.width > indent, line.width + text.count + 3 > width {
        lines.append(line)
        line = Line(blanks(indent))
      }
      if line.width > indent { line.append("   ") }
      line.append(text, .quiet)
    }
    return lines + [line]
  }

  private func summary(of ids: [Int], indent: Int) -> Line {
    var line = Line(blanks(indent))
    let states = ids.map { picture.nodes[$0].state }
    line.append(picture.combined(states).glyph)
    line.append(
      " " + (ids.count == 1 ? state.index.shortName(of: ids[0]) : Words.count(ids.count, "step")))
    return line
  }

  private func scope(_ id: Int, _ indent: Int, _ column: Int) -> [Line] {
    let own = picture.nodes[id]
    var line = Line(blanks(indent) + state.index.shortName(of: id))
    guard own.isQuiet else {
      if isRollingBack(id) { line.append("  rolling back", .attention) }
      return [line] + children(of: id, indent: indent + 2)
    }
    line.pad(to: column + 1, gap: 2)
    line.append(own.state.glyph)
    line.append(" " + Words.count(own.stepCount, "step"))
    if let length = own.length(now: now) { line.append(" " + DurationText.of(length), .quiet) }
    return [line]
  }

  private func isRollingBack(_ id: Int) -> Bool {
    state.rollbacks.contains { $0.key.path == state.index[id].name && $0.value == .underway }
  }

  private func step(_ id: Int, _ indent: Int, _ column: Int) -> [Line] {
    let own = picture.nodes[id]
    var line = Line(blanks(indent))
    line.append(own.state.glyph)
    line.append(" " + state.index.shortName(of: id))
    guard let first = own.tasks.first, let step = state.index.step(first.id.step) else {
      return [line]
    }
    let text = TaskText(state, fleeting, now: now)
    if own.tasks.count == 1 {
      line.pad(to: column + 3, gap: 2)
      if let host = first.id.host { line.append(host + " ") }
      line.append(text.progress(of: first, step), .quiet)
      return [line] + details([first], step, text, indent: indent + 4, isNamed: false)
    }
    let pieces = HostGroups(state: state, now: now).pieces(of: own.tasks)
    var lines = [line]
    for piece in pieces {
      let last = lines.count - 1
      if lines[last].width + 3 + piece.width > width, lines[last].width > column + 3 {
        lines.append(Line(blanks(column + 3)))
      } else {
        lines[last].pad(to: column + 3, gap: lines[last].width > column ? 3 : 2)
      }
      lines[lines.count - 1].append(piece)
    }
    if own.state == .running, let expected = fleeting.expected[step.path] {
      lines[lines.count - 1].append("  of ~" + DurationText.elapsed(expected), .quiet)
    }
    return lines + details(own.tasks, step, text, indent: indent + 4, isNamed: true)
  }

  /// What the hosts of a step that runs are at: their last line, or what is asked of them.
  private func details(
    _ tasks: [TaskState], _ step: Step, _ text: TaskText, indent: Int, isNamed: Bool
  ) -> [Line] {
    let most: Int
    switch detail {
    case .full: most = max(3, room / 2)
    case .brief: most = 1
    case .folded, .active: return []
    }
    let told = tasks.compactMap { task in text.detail(of: task, step).map { (task, $0) } }
    let column = indent + min(20, told.prefix(most).map { $0.0.id.host?.count ?? 0 }.max() ?? 0)
    var lines = told.prefix(most).map { task, words in
      var line = Line(blanks(indent))
      if isNamed {
        line.append(Words.host(task.id.host))
        line.pad(to: column, gap: 0)
        line.append("  ")
      }
      line.append(words, .quiet)
      return line
    }
    if told.count > most, detail == .full {
      lines.append(Line(blanks(indent) + "and \(told.count - most) other hosts", .quiet))
    }
    return lines
  }
}

func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
