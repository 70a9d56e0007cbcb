import RunbookCore

/// What a screen knows of a run beside its facts: gone when the process ends.
package struct Fleeting: Sendable {
  /// A connection that is being made.
  package struct Connecting: Hashable, Sendable {
    package var since: Timestamp
    package var tries: Int
    /// Why the last try failed, and when the next one comes.
    package var reason: String?
    package var nextTry: Timestamp?
    /// When the host is given up.
    package var until: Timestamp?
  }
  package private(set) var connecting: [String?: Connecting] = [:]
  /// The last line that each task in flight printed.
  package private(set) var lastLines: [TaskID: String] = [:]
  /// Milliseconds that each step took in an earlier run.
  package var expected: [StepPath: Int]

  package init(expected: [StepPath: Int] = [:]) { self.expected = expected }

  package mutating func connecting(to host: String?, at now: Timestamp) {
    var known = connecting[host] ?? Connecting(since: now, tries: 0)
    known.tries += 1
    known.nextTry = nil
    connecting[host] = known
  }

  package mutating func failedToConnect(
    to host: String?, reason: String, after pause: Int, until: Timestamp? = nil, at now: Timestamp
  ) {
    var known = connecting[host] ?? Connecting(since: now, tries: 1)
    known.reason = reason
    known.nextTry = now + pause
    known.until = until
    connecting[host] = known
  }

  /// Nothing needs it just now.
  package mutating func notMet(_ host: String?) { connecting[host] = nil }

  package mutating func brought(_ task: TaskID, _ count: Int, of size: Int) {
    lastLines[task] = Words.copying(count, of: size)
  }

  package mutating func printed(_ task: TaskID, _ bytes: [UInt8]) {
    // Only the end of it can be the last line that is shown.
    let lines = bytes.suffix(2048).split { $0 == 0x0A || $0 == 0x0D }
    guard let last = lines.last(where: { $0.contains { $0 > 0x20 } }) else { return }
    lastLines[task] = Printable.text(bytes: last.prefix(400))
  }

  /// Stands where the last line would: nothing is fetched meanwhile.
  package mutating func skipped(_ task: TaskID, _ words: String) { lastLines[task] = words }

  /// Forgets what a fact has settled.
  package mutating func take(_ event: Event) {
    switch event {
    case .hostGreeted(let host, _, _, _), .hostGivenUp(let host, _, _): connecting[host] = nil
    case .taskEnded(let id, _), .rollbackTaskEnded(let id, _): lastLines[id] = nil
    case .attemptStarted(let id, _): lastLines[id] = nil
    default: break
    }
  }
}

extension Fleeting {
  /// How long each step of an earlier run took on its slowest host.
  package static func lengths(of facts: some Sequence<Fact>) -> [StepPath: Int] {
    var starts: [TaskID: Timestamp] = [:]
    var result: [StepPath: Int] = [:]
    for fact in facts {
      switch fact.event {
      case .attemptStarted(let id, let attempt) where attempt.purpose == .forward:
        starts[id] = fact.time
      case .taskEnded(let id, .done):
        guard let start = starts[id] else { continue }
        result[id.step] = max(
          result[id.step] ?? 0, fact.time.milliseconds - start.milliseconds)
      default: break
      }
    }
    return result
  }
}
