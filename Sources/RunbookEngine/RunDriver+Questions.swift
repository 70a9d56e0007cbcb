import RunbookCore

/// What is asked of a host by itself: checks that are polled or asked again, and locks.
extension RunDriver {
  func ask(_ subject: Question.Subject) {
    let question = Question(subject, now: clock.now())
    guard let link = links[question.host],
      !questions.values.contains(where: { $0.subject == subject })
    else { return }
    questionCount += 1
    let key = "q\(state.epoch).\(questionCount)"
    guard let exchange = exchange(for: subject, key: key) else { return }
    questions[key] = question
    if exchange.items.isEmpty {
      conclude(key, ExchangeEnd(verdict: .complete), [])
      mailbox.put(.timer(nil))
    } else {
      link.link.send(.exchange(exchange))
    }
  }

  private func exchange(for subject: Question.Subject, key: String) -> Exchange? {
    let builder = ExchangeBuilder(state, vault)
    switch subject {
    case .poll(let id):
      observe(.asking(id))
      return builder.poll(for: id, key: key, onlyLasting: false)
    case .recheck(let id):
      observe(.asking(id))
      return builder.poll(for: id, key: key, onlyLasting: true)
    case .recall(let id): return builder.secretOutputQuestions(for: id, key: key)
    case .lock(let host): return builder.lock(on: host, key: key, isRelease: false)
    case .unlock(let host): return builder.lock(on: host, key: key, isRelease: true)
    case .upload(_, let id): return builder.uploadQuestions(for: id, key: key)
    }
  }

  func questionEnded(_ key: String, _ end: ExchangeEnd, hasLog: Bool) {
    guard hasLog else { return conclude(key, end, questions[key]?.answers ?? []) }
    questions[key]?.end = end
    if questions[key]?.look == nil { look(at: key) }
  }

  private func look(at key: String) {
    guard let question = questions[key], let link = links[question.host] else { return }
    questions[key]?.look = question.end == nil ? .beforeEnd : .afterEnd
    link.link.send(.look(Look(key: key, logOffset: question.logOffset)))
  }

  /// Looks at every question that has had no answer for a while.
  func lookAtQuestions() {
    let now = clock.now()
    for (key, question) in questions where question.look == nil && now >= question.nextLook {
      look(at: key)
    }
  }

  func answered(_ sighting: Sighting) {
    guard let question = questions[sighting.key] else { return }
    let shown: [ProbeAnswer]
    switch question.subject {
    case .poll(let id), .recall(let id): shown = conceal(sighting.answers, of: id)
    case .recheck, .lock, .unlock, .upload: shown = sighting.answers.map(redact)
    }
    let key = sighting.key
    questions[key]?.look = nil
    questions[key]?.nextLook = clock.now() + Question.pause
    questions[key]?.answers += shown
    questions[key]?.logOffset = sighting.logOffset
    guard let end = sighting.end ?? question.end else {
      guard !sighting.wrapperIsAlive else { return }
      // Nobody will answer any more: what it is asked for asks again.
      questions[key] = nil
      if case .upload = question.subject { effects.append { self.ask(question.subject) } }
      return mailbox.put(.timer(nil))
    }
    questions[key]?.end = end
    let isOlder = sighting.end == nil && question.look == .beforeEnd
    if isOlder || sighting.logOffset < sighting.logSize && !sighting.answers.isEmpty {
      look(at: key)
    } else {
      conclude(key, end, questions[key]?.answers ?? [])
    }
  }

  private func conclude(_ key: String, _ end: ExchangeEnd, _ answers: [ProbeAnswer]) {
    guard let question = questions.removeValue(forKey: key) else { return }
    finished[question.host, default: []].append(key)
    switch question.subject {
    case .poll(let id): record(.polled(id, end, answers: answers))
    case .recheck(let id): record(.rechecked(id, end, answers: answers))
    case .recall(let id): recalled(id, end)
    case .unlock(let host):
      let problem = end.verdict == .complete ? nil : said(answers, end)
      record(.hostUnlocked(host: host, problem: problem))
    case .upload(let attempt, _): asked(attempt, end.verdict)
    case .lock(let host):
      if end.verdict == .complete {
        record(.hostLocked(host: host))
      } else {
        record(.hostLockRefused(host: host, holder: said(answers, end)))
      }
    }
  }

  /// What the host says about its locks, else how the exchange ended.
  private func said(_ answers: [ProbeAnswer], _ end: ExchangeEnd) -> String {
    let bytes = answers.last.map { $0.text.isEmpty ? $0.errorText : $0.text } ?? []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return lines.isEmpty ? "\(end.verdict)" : lines.joined(separator: "; ")
  }
}
