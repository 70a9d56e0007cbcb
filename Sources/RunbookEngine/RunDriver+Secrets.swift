import RunbookCore

/// Secrets are read anew when a task that mentions them is about to be sent, and also before what
/// an earlier attempt printed is fetched: it has to be masked too.
extension RunDriver {
  func readSecrets(for wants: Set<Want>) async {
    guard !state.plan.secrets.isEmpty else { return }
    let builder = ExchangeBuilder(state, vault)
    for want in wants {
      let id: TaskID
      switch want {
      case .attend(let key):
        guard attended[key] == nil, let task = state.attempts[key]?.task else { continue }
        id = task
      case .poll(let task), .recheck(let task), .recall(let task): id = task
      case .connect, .lock, .unlock, .readOutput, .ask, .wake: continue
      }
      do throws(SecretProblem) {
        let reading = vault
        let secrets = builder.secrets(for: id)
        vault.keep(try await reading.read(secrets))
        if case .attend(let key) = want, fresh.contains(key) { seal(key, secrets) }
      } catch {
        refuse(want, "the secret \(error.name) can't be read: \(error.reason)")
      }
    }
  }

  /// What an attempt is about to get; journaled before it is sent.
  func seal(_ key: AttemptKey, _ secrets: Set<SecretID>) {
    let salt = state.secretSalt ?? Int.random(in: 0..<1 << 52)
    guard let seal = vault.seal(secrets, salt: salt), seal != state.attempts[key]?.seal else {
      return
    }
    record(.secretsSealed(key: key, seal))
  }

  /// Answers as they may be journaled. Those that give a secret output leave their value in the
  /// vault and nothing anywhere else.
  func conceal(_ answers: [ProbeAnswer], of id: TaskID) -> [ProbeAnswer] {
    guard let step = state.index.step(id.step) else { return answers.map(redact) }
    return answers.map { answer in
      guard answer.stage == .output, answer.index < step.outputs.count,
        state.index.secretFlow.contains(id.step, step.outputs[answer.index].name)
      else { return redact(answer) }
      let output = step.outputs[answer.index]
      if answer.answer == .holds {
        do throws(OutputProblem) {
          try hold(answer, as: output, of: id)
        } catch {
          record(.outputUnreadable(id, name: output.name, problem: error.text))
        }
      }
      var shown = answer
      shown.text = []
      return redact(shown)
    }
  }

  private func hold(
    _ answer: ProbeAnswer, as output: OutputDeclaration, of id: TaskID
  ) throws(OutputProblem) {
    if answer.isTruncated { throw OutputProblem(text: "more than 64 KiB were printed") }
    let value = Array(try Value(output: answer.text, as: .string).environmentText.utf8)
    guard value.count >= Redactor.shortestSecret else {
      throw OutputProblem(
        text: "it took from a secret and has fewer than \(Redactor.shortestSecret) bytes, so it "
          + "can't be kept out of logs; ask for it in a step whose code mentions no secret")
    }
    let slot = OutputSlot(
      step: id.step, name: output.name, host: output.isByHost ? id.host : nil)
    vault.keep([slot.secretID: value])
    record(.outputHeld(id, name: output.name))
  }

  /// The secret outputs of a task were asked again.
  func recalled(_ id: TaskID, _ end: ExchangeEnd) {
    for output in state.index.step(id.step)?.outputs ?? []
    where state.index.secretFlow.contains(id.step, output.name) {
      let slot = OutputSlot(
        step: id.step, name: output.name, host: output.isByHost ? id.host : nil)
      guard !state.heldOutputs.contains(slot) else { continue }
      let problem =
        end.verdict == .complete ? "what it printed is no value" : "its code did not exit with 0"
      record(.outputLost(id, name: output.name, problem: problem))
    }
  }

  /// An attempt that was never sent ends as not started; anything else waits for the secret.
  private func refuse(_ want: Want, _ reason: String) {
    observe(.notice(reason))
    guard case .attend(let key) = want, fresh.contains(key) else { return }
    fresh.remove(key)
    refused.insert(key)
    record(
      .exchangeEnded(
        key: key, ExchangeEnd(verdict: .notStarted(reason)), mayLackOutput: false))
    mailbox.put(.timer(nil))
  }
}
