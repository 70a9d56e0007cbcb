import RunbookCore

/// The tasks of one step as pieces of a line: hosts that agree are folded, hosts that differ are
/// named; of many, those that fail come first, then the slowest.
struct HostGroups {
  let state: RunState
  let now: Timestamp
  /// Up to so many hosts stand with their names.
  static let named = 4

  func pieces(of tasks: [TaskState]) -> [Line] {
    let groups = Dictionary(grouping: tasks) { state.shown($0) }
    if groups.count == 1, let (shown, tasks) = groups.first, tasks.count > 1 {
      if shown != .running || tasks.count > Self.named { return [folded(shown, tasks)] }
    }
    if tasks.count <= Self.named { return tasks.map(piece) }
    let order: [ShownState] = [
      .inDoubt, .failed, .waiting, .done, .satisfied, .rolledBack, .running, .unwatched, .toCome,
      .leftOut,
    ]
    return order.flatMap { shown -> [Line] in
      guard let tasks = groups[shown] else { return [] }
      switch shown {
      case .inDoubt, .failed, .waiting: return [names(shown, tasks)]
      case .running: return [folded(shown, tasks)] + (slowest(tasks).map { [$0] } ?? [])
      case .unwatched, .done, .satisfied, .rolledBack, .toCome, .leftOut:
        return [folded(shown, tasks)]
      }
    }
  }

  private func piece(_ task: TaskState) -> Line {
    let shown = state.shown(task)
    var line = Line()
    line.append(shown.glyph)
    line.append(" " + Words.host(task.id.host))
    if let time = time(shown, task) { line.append(" " + time, .quiet) }
    return line
  }

  /// `✓ 480 hosts 3.1s`
  private func folded(_ shown: ShownState, _ tasks: [TaskState]) -> Line {
    var line = Line()
    line.append(shown.glyph)
    let only = tasks.count == 1 ? tasks[0].id.host : nil
    line.append(" " + (only ?? Words.count(tasks.count, "host")))
    let longest = tasks.max { length($0) < length($1) }
    if let longest, let time = time(shown, longest) { line.append(" " + time, .quiet) }
    return line
  }

  /// `✗ db-7, db-9 and 3 others`
  private func names(_ shown: ShownState, _ tasks: [TaskState]) -> Line {
    var line = Line()
    line.append(shown.glyph)
    line.append(" " + Words.list(tasks.map { Words.host($0.id.host) }, most: 4))
    return line
  }

  private func slowest(_ tasks: [TaskState]) -> Line? {
    guard tasks.count > 1, let task = tasks.max(by: { length($0) < length($1) }) else { return nil }
    return Line("longest " + Words.host(task.id.host), .quiet)
  }

  private func length(_ task: TaskState) -> Int { state.length(of: task, now: now) ?? 0 }

  private func time(_ shown: ShownState, _ task: TaskState) -> String? {
    guard let length = state.length(of: task, now: now) else { return nil }
    switch shown {
    case .running: return DurationText.elapsed(length)
    case .done, .failed, .rolledBack: return DurationText.of(length)
    case .unwatched, .satisfied, .waiting, .inDoubt, .leftOut, .toCome: return nil
    }
  }
}
