import RunbookCore

/// The commands that screens tell a person to type, with the options that this one was given, so
/// that they can be copied as they are.
package struct Commands: Hashable, Sendable {
  /// ` --state /var/lib/reprise`, or nothing.
  private let stateFlags: String
  /// The same for what reaches hosts: ` --identity key`.
  private let hostFlags: String
  /// The same for a run that begins: it does not know yet what another one keeps.
  private let runFlags: String

  /// - Parameters: words of options, each as a person would give it, not quoted yet.
  package init(
    stateFlags: [String] = [], hostFlags: [String] = [], runFlags: [String]? = nil
  ) {
    self.stateFlags = stateFlags.map { " " + Self.quoted($0) }.joined()
    self.hostFlags = hostFlags.map { " " + Self.quoted($0) }.joined()
    self.runFlags = (runFlags ?? hostFlags).map { " " + Self.quoted($0) }.joined()
  }

  /// Another run of the same runbook, of what the other one was given.
  package func beginAnew(_ state: RunState) -> String {
    var words = [file(of: state)]
    for input in state.plan.inputs {
      guard let value = state.binding.inputs[input.name], value != input.defaultValue else {
        continue
      }
      words += ["--input", input.name + "=" + text(of: value)]
    }
    if let inventory = state.description?.inventory { words += ["--inventory", inventory] }
    // Where this process was told nothing of how hosts are reached, the run knows.
    if runFlags.isEmpty { words += state.description?.connection ?? [] }
    return "reprise run" + words.map { " " + Self.quoted($0) }.joined() + stateFlags + runFlags
  }

  /// As an input is written: durations with a unit.
  private func text(of value: Value) -> String {
    if case .duration(let milliseconds) = value { return "\(milliseconds)ms" }
    return value.environmentText
  }

  /// Its name where that is enough; else its whole path, which is right from everywhere.
  private func file(of state: RunState) -> String {
    let file = state.plan.origin.file
    guard let directory = state.description?.directory,
      file != "runbooks/\(state.plan.name).runbook",
      let name = file.split(separator: "/").last
    else { return state.plan.name }
    return directory + "/" + name
  }

  /// - Parameter wish: ` --rerun install`, or nothing.
  package func resume(_ run: String, _ wish: String = "") -> String {
    "reprise resume \(run)" + wish + stateFlags + hostFlags
  }

  package func rollback(_ run: String) -> String {
    "reprise rollback \(run)" + stateFlags + hostFlags
  }

  package func cancel(_ run: String) -> String { "reprise cancel \(run)" + stateFlags }

  package func approve(_ run: String, _ step: String) -> String {
    "reprise approve \(run) \(step)" + stateFlags
  }

  package func deny(_ run: String, _ step: String) -> String {
    "reprise approve \(run) \(step) --deny" + stateFlags
  }

  package func purge(_ run: String) -> String {
    "reprise stash \(run) --purge --yes" + stateFlags
  }

  package func logs(_ run: String, _ task: String) -> String {
    "reprise logs \(run) \(task)" + stateFlags
  }

  package func show(_ run: String) -> String { "reprise show \(run)" + stateFlags }
  package func history(_ run: String) -> String { "reprise history \(run)" + stateFlags }
  package func runs() -> String { "reprise runs" + stateFlags }

  /// A word as a shell takes it back.
  package static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"),
        UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: "+"):
        true
      default: false
      }
    }
    if isPlain, !word.isEmpty { return word }
    return "'" + word.replacing("'", with: #"'\''"#) + "'"
  }
}
