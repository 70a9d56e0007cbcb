import RunbookCore

/// What attempts wrote: from the host into the journal, byte by byte, once.
extension RunDriver {
  /// Journals what a look brought, in one transaction. True when it brought anything.
  ///
  /// - Parameter isOver: the attempt writes no more; what may begin a secret is not held back.
  func fetch(_ sighting: Sighting, isOver: Bool) -> Bool {
    let key = sighting.key
    var isGrown = false
    for answer in sighting.answers {
      isGrown = true
      record(.probeAnswered(key: key, redact(answer), logOffset: sighting.logOffset))
    }
    for stream in OutputStream.allCases {
      isGrown = fetch(key, stream, sighting, isOver: isOver) || isGrown
    }
    return isGrown
  }

  private func fetch(
    _ key: AttemptKey, _ stream: OutputStream, _ sighting: Sighting, isOver: Bool
  ) -> Bool {
    guard let attempt = state.attempts[key] else { return false }
    let (offset, generation) = attempt.position(of: stream)
    let size = stream == .output ? sighting.outputSize : sighting.errorSize
    let raw = stream == .output ? sighting.output : sighting.error
    if size < offset {
      // The action truncated its own file: what it writes from now on is a new generation.
      record(
        .outputReceived(key: key, stream, generation: generation + 1, offset: 0, length: 0))
      return true
    }
    let bytes = vault.redactor.redact(raw, isFinal: isOver && offset + raw.count >= size)
    guard !bytes.isEmpty else { return false }
    record(
      .outputReceived(
        key: key, stream, generation: generation, offset: offset, length: bytes.count),
      output: bytes)
    punch(key, stream, upTo: offset + bytes.count)
    return true
  }

  func redact(_ answer: ProbeAnswer) -> ProbeAnswer {
    var answer = answer
    answer.text = vault.redactor.redact(answer.text, isFinal: true)
    answer.errorText = vault.redactor.redact(answer.errorText, isFinal: true)
    return answer
  }

  /// Gives space back to the host in steps of 4 MiB, once the journal holds the bytes.
  private func punch(_ key: AttemptKey, _ stream: OutputStream, upTo offset: Int) {
    let step = 4 << 20
    guard offset / step > (offset - 131_072) / step, offset > step,
      let host = state.attempts[key]?.task.host, let link = links[host]
    else { return }
    effects.append { link.link.send(.punch(key: key, stream: stream, offset: offset)) }
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
        if bytes.count > 65_536 { throw OutputProblem(text: "more than 64 KiB were printed") }
        let value = try Value(output: bytes, as: output.type)
        record(.outputSet(id, name: output.name, value: value))
      } catch {
        record(.outputUnreadable(id, name: output.name, problem: error.text))
      }
    }
  }
}

extension AttemptState {
  package func position(of stream: OutputStream) -> (offset: Int, generation: Int) {
    switch stream {
    case .output: (outputOffset, outputGeneration)
    case .error: (errorOffset, errorGeneration)
    }
  }
}
