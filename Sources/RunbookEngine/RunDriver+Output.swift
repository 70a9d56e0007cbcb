import RunbookCore

/// What attempts wrote: from the host into the journal, byte by byte, once.
extension RunDriver {
  /// Journals what a look brought, in one transaction. True when it brought anything.
  ///
  /// - Parameter isOver: the attempt writes no more; what may begin a secret is not held back.
  func fetch(_ sighting: Sighting, isOver: Bool) -> Bool {
    let key = sighting.key
    var isGrown = false
    let isCovered = vault.covers(state.attempts[key]?.seal)
    let answers = state.attempts[key].map { conceal(sighting.answers, of: $0.task) } ?? []
    for answer in answers {
      isGrown = true
      let shown = isCovered ? answer : withheld(answer)
      record(.probeAnswered(key: key, shown, logOffset: sighting.logOffset))
    }
    for stream in OutputStream.allCases {
      isGrown = fetch(key, stream, sighting, isOver: isOver) || isGrown
    }
    return isGrown
  }

  private func fetch(
    _ key: AttemptKey, _ stream: OutputStream, _ sighting: Sighting, isOver: Bool
  ) -> Bool {
    guard let known = state.attempts[key]?[stream] else { return false }
    let size = stream == .output ? sighting.outputSize : sighting.errorSize
    let raw = stream == .output ? sighting.output : sighting.error
    if size < known.offset {
      // The action truncated its own file: what it writes from now on is a new generation.
      record(
        .outputReceived(
          key: key, stream, generation: known.generation + 1, offset: 0, length: 0))
      return true
    }
    let isCovered = vault.covers(state.attempts[key]?.seal)
    let share = OutputShare(
      limit: isCovered ? options.outputLimit : 0, known, size: size, isOver: isOver)
    if let end = share.skipsTo, end > known.offset {
      skip(key, stream, known, upTo: end, isCovered ? .limit : .secretChanged)
      return true
    }
    return keep(key, stream, known, raw, size: size, share, isOver: isOver)
  }

  private func keep(
    _ key: AttemptKey, _ stream: OutputStream, _ known: StreamState, _ raw: [UInt8], size: Int,
    _ share: OutputShare, isOver: Bool
  ) -> Bool {
    var bytes = vault.redactor.redact(
      raw, isFinal: isOver && known.offset + raw.count >= size, room: share.room)
    var offset = known.offset
    if known.followsGap {
      // What the gap cut in two would not be known as a secret.
      let edge = vault.redactor.mayContinueMatch(raw)
      if edge > 0 {
        skip(key, stream, known, upTo: offset + edge, .limit)
        offset += edge
        bytes = Array(bytes.dropFirst(edge))
      }
    }
    guard !bytes.isEmpty else { return offset > known.offset }
    record(
      .outputReceived(
        key: key, stream, generation: known.generation, offset: offset, length: bytes.count),
      output: bytes)
    punch(key, stream, from: known.offset, upTo: offset + bytes.count)
    return true
  }

  private func skip(
    _ key: AttemptKey, _ stream: OutputStream, _ known: StreamState, upTo end: Int,
    _ reason: SkipReason
  ) {
    record(
      .outputSkipped(
        key: key, stream, generation: known.generation, offset: known.offset,
        length: end - known.offset, reason: reason))
    punch(key, stream, from: known.offset, upTo: end)
  }

  /// An answer of an attempt that got a secret of which only the present value is known. What the
  /// code of an output printed stays: a value that took from a secret is never journaled.
  private func withheld(_ answer: ProbeAnswer) -> ProbeAnswer {
    var answer = answer
    if answer.stage != .output { answer.text = [] }
    answer.errorText = Array("withheld: a secret has changed since".utf8)
    return answer
  }

  func redact(_ answer: ProbeAnswer) -> ProbeAnswer {
    var answer = answer
    answer.text = redact(answer.text, isCut: answer.isTruncated)
    answer.errorText = redact(
      answer.errorText, isCut: answer.errorText.count >= ProbeAnswer.mostErrorText)
    return answer
  }

  /// - Parameter isCut: the host kept only the beginning, and may have cut a secret in two: what may
  ///   begin one at the end is masked.
  private func redact(_ bytes: [UInt8], isCut: Bool) -> [UInt8] {
    let shown = vault.redactor.redact(bytes, isFinal: !isCut)
    return shown + [UInt8](repeating: Redactor.mask, count: bytes.count - shown.count)
  }

  /// Gives space back to the host in steps of 4 MiB, once the journal holds the bytes or says that
  /// they are passed over.
  private func punch(_ key: AttemptKey, _ stream: OutputStream, from start: Int, upTo end: Int) {
    let step = 4 << 20
    guard end / step > start / step, let host = state.attempts[key]?.task.host,
      let link = links[host]
    else { return }
    effects.append { link.link.send(.punch(key: key, stream: stream, offset: end)) }
  }

  /// Reads what an action printed as the value of its outputs without `from`.
  func read(_ key: AttemptKey, _ group: inout DiscardingTaskGroup) {
    guard reading.insert(key).inserted else { return }
    let (journal, mailbox) = (journal, mailbox)
    group.addTask {
      do throws(JournalError) {
        mailbox.put(.printed(key: key, try await journal.output(of: key, .output, limit: 65_537)))
      } catch {
        mailbox.put(.journalFailed(error))
      }
    }
  }

  func printed(_ key: AttemptKey, _ bytes: [UInt8]) {
    reading.remove(key)
    guard let id = state.attempts[key]?.task, let step = state.index.step(id.step) else { return }
    for output in step.outputs where output.source == nil {
      do throws(OutputProblem) {
        if let skipped = state.attempts[key]?.output.skipped, skipped > 0 {
          throw OutputProblem(text: "\(skipped) bytes of what was printed were not kept")
        }
        if bytes.count > 65_536 { throw OutputProblem(text: "more than 64 KiB were printed") }
        let value = try Value(output: bytes, as: output.type)
        record(.outputSet(id, name: output.name, value: value))
      } catch {
        record(.outputUnreadable(id, name: output.name, problem: error.text))
      }
    }
  }
}
