import RunbookCore

/// Which secrets a piece of code gets: those that it mentions, and nothing else.
extension ExchangeBuilder {
  /// The secrets that the code of a task mentions: they are read anew before it starts.
  package func secrets(for id: TaskID) -> Set<SecretID> {
    guard let step = state.index.step(id.step) else { return [] }
    let table = state.plan.environments[step.environment]
    return Set(
      step.codes.flatMap { SecretVault.mentioned(in: text(of: $0, step), table).values }
        + state.secretSlots(readBy: id).map(\.secretID))
  }

  func script(_ code: Code, _ id: TaskID, _ step: Step) -> Exchange.Script {
    let text = text(of: code, step)
    let table = state.plan.environments[step.environment]
    var secrets = SecretVault.mentioned(in: text, table).compactMapValues { vault.value(of: $0) }
    secrets.merge(secretOutputs(mentionedIn: text, id, step)) { $1 }
    return Exchange.Script(text: text, interpreter: code.interpreter, secrets: secrets)
  }

  /// Outputs that took from a secret, by the names under which the code of a task reads them.
  private func secretOutputs(
    mentionedIn text: String, _ id: TaskID, _ step: Step
  ) -> [String: [UInt8]] {
    let readings = state.index.secretFlow.readings(of: step.path)
    if readings.isEmpty { return [:] }
    let words = SecretFlow.words(of: text)
    var values: [String: [UInt8]] = [:]
    for reading in readings where words.contains(reading.name) {
      let known = state.slots(of: reading, for: id.host).compactMap { host, slot in
        vault.value(of: slot.secretID).map { (host, $0) }
      }
      guard reading.isList else {
        values[reading.name] = known.first?.1
        continue
      }
      let lines = known.flatMap { host, value in
        value.split(separator: 10, omittingEmptySubsequences: false)
          .map { Array("\(host ?? "")\t".utf8) + $0 }
      }
      values[reading.name] = Array(lines.joined(separator: [10]))
    }
    return values
  }
}
