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
      case .poll(let task), .recheck(let task): id = task
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
