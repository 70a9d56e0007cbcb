import RunbookCore

/// Checks asked by themselves: polled after an action, to settle a doubt, or by a resume.
extension RunDriver {
  func poll(_ id: TaskID, isRecheck: Bool) {
    guard let link = links[id.host], !polls.values.contains(where: { $0.task == id }) else {
      return
    }
    pollCount += 1
    let key = "p\(state.epoch).\(linkCount).\(pollCount)"
    guard
      let exchange = ExchangeBuilder(state, vault).poll(for: id, key: key, onlyLasting: isRecheck)
    else { return }
    polls[key] = Poll(task: id, isRecheck: isRecheck)
    observe(.asking(id))
    if exchange.items.isEmpty {
      conclude(key, ExchangeEnd(verdict: .complete), [])
      mailbox.put(.timer)
    } else {
      link.link.send(.exchange(exchange))
    }
  }

  func pollEnded(_ key: String, _ end: ExchangeEnd, hasLog: Bool) {
    guard let poll = polls[key], hasLog, let link = links[poll.task.host] else {
      return conclude(key, end, [])
    }
    polls[key]?.end = end
    link.link.send(.look(Look(key: key)))
  }

  func polled(_ sighting: Sighting) {
    guard let poll = polls[sighting.key], let end = poll.end else { return }
    let answers = poll.answers + sighting.answers.map(redact)
    if sighting.logOffset < sighting.logSize, !sighting.answers.isEmpty,
      let link = links[poll.task.host]
    {
      polls[sighting.key]?.answers = answers
      link.link.send(.look(Look(key: sighting.key, logOffset: sighting.logOffset)))
    } else {
      conclude(sighting.key, end, answers)
    }
  }

  private func conclude(_ key: String, _ end: ExchangeEnd, _ answers: [ProbeAnswer]) {
    guard let poll = polls.removeValue(forKey: key) else { return }
    finished[poll.task.host, default: []].append(key)
    if poll.isRecheck {
      record(.rechecked(poll.task, end, answers: answers))
    } else {
      record(.polled(poll.task, end, answers: answers))
    }
  }
}
