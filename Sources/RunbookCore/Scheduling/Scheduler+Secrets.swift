/// Outputs that took from a secret: no journal has their values, so each owner asks for them again
/// before something that mentions them starts, or is fetched.
extension Scheduler {
  enum Recall: Hashable {
    case done, underway
    case failed(Failure)
  }

  /// Wants what the code of a task mentions and this owner does not hold.
  ///
  /// - Parameter readers: those on whose behalf it is asked, outermost first.
  mutating func recall(for id: TaskID, readers: Set<TaskID> = []) -> Recall {
    var result = Recall.done
    let readers = readers.union([id])
    for slot in state.secretSlots(readBy: id) {
      // What comes later can't be read, although the word stands in the code.
      guard let writer = state.secretWriters[slot], !state.heldOutputs.contains(slot),
        !readers.contains(writer)
      else { continue }
      if let problem = state.lostOutputs[slot] {
        return .failed(.output(slot.name, "it can't be asked again: \(problem)"))
      }
      // What its own code mentions comes first.
      switch recall(for: writer, readers: readers) {
      case .failed(let failure): return .failed(failure)
      case .underway: break
      case .done:
        if isUp(writer.host) {
          wants.insert(.recall(writer))
        } else if isGivenUp(writer.host) {
          record(.outputLost(writer, name: slot.name, problem: "its host can't be reached"))
          return recall(for: id, readers: readers)
        }
      }
      result = .underway
    }
    return result
  }
}

extension RunState {
  /// The secret outputs that a task can see, by where their values are kept.
  package func secretSlots(readBy id: TaskID) -> [OutputSlot] {
    index.secretFlow.readings(of: id.step).flatMap { slots(of: $0, for: id.host).map(\.slot) }
  }

  /// Where the values of a reading are kept, by host.
  package func slots(
    of reading: SecretFlow.Reading, for host: String?
  ) -> [(host: String?, slot: OutputSlot)] {
    let reference = reading.reference
    let hosts: [String?] =
      !reference.isByHost
      ? [nil] : reading.isList ? binding.hosts.map { Optional($0.name) } : [host]
    return hosts.flatMap { host in
      reference.writers.map {
        (host, OutputSlot(step: $0, name: reference.name, host: host))
      }
    }
  }
}

extension OutputSlot {
  /// Names its value among the secrets.
  package var secretID: SecretID {
    "output \(step) \(name)" + (host.map { "@" + $0 } ?? "")
  }
}
