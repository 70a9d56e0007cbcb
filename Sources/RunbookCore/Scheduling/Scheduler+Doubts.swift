/// What becomes of a task whose outcome can't be known and that counts as done all the same.
extension Scheduler {
  /// A person took it as done. What later steps read of it is still asked for; of what its action
  /// printed, all that was kept is its value. Where an output stays without one it is in doubt
  /// again: a step that reads it could only guess.
  mutating func takeAsDone(
    _ id: TaskID, _ step: Step, _ task: TaskState, by: String, _ doubt: Doubt
  ) -> Progress {
    if step.outputs.contains(where: { $0.source != nil }), task.outputFailure == nil {
      guard let last = task.lastPoll else { return askOutputs(id, doubt) }
      if last.verdict != .complete || takeOutputs(id, step) != nil {
        record(.doubtRaised(id, doubt))
        return .active
      }
    }
    if task.outputFailure == nil, let key = missingOwnOutput(id, step) {
      wants.insert(.readOutput(key))
      return .active
    }
    guard !lacksOutput(id, step) else {
      record(.doubtRaised(id, doubt))
      return .active
    }
    return end(id, .accepted(by: by))
  }

  private mutating func askOutputs(_ id: TaskID, _ doubt: Doubt) -> Progress {
    if isUp(id.host) {
      if recall(for: id) != .underway { wants.insert(.poll(id)) }
    } else if isGoneForGood(id) != nil {
      record(.doubtRaised(id, doubt))
    }
    return .active
  }

  /// Whether an output that has no default has no value either.
  func lacksOutput(_ id: TaskID, _ step: Step) -> Bool {
    step.outputs.contains { output in
      output.defaultValue == nil && isStale(id, output)
    }
  }
}
