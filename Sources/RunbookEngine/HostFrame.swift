import RunbookCore

/// What the engine tells a host's supervisor. Each frame asserts the epoch of its link.
package enum HostFrame: Hashable, Sendable {
  /// One attempt: guards, action, checks and outputs in one trip.
  case exchange(Exchange)
  /// Asks for the state of an attempt and for what it wrote since the given offsets.
  case look(Look)
  /// Ends an attempt's action: TERM, then KILL after the grace, recorded before.
  case cancel(key: String, graceSeconds: Int)
  /// The outcome is committed: the output files of these attempts may go. Claims and status stay.
  case discard(keys: [String])
  /// The journal holds everything before `offset`: give the space back where the host can.
  case punch(key: String, stream: OutputStream, offset: Int)
  /// The run has ended for good: the state directory may go.
  case farewell
  /// Answered by `.pong` with the same number.
  case ping(Int)
}

/// The frame that starts an attempt. The items are done in order; the exchange ends at the first
/// one whose answer says so (see `ExchangeEnd`).
package struct Exchange: Hashable, Sendable {
  /// One piece of code and how it is run.
  package struct Script: Hashable, Sendable {
    /// Complete text, `shell` declarations included.
    package var text: String
    /// The command of a `#!` line; nil: `/bin/sh -eu`.
    package var interpreter: String?
    /// Values that only this script's environment gets. Never written to a file, never in argv.
    package var secrets: [String: [UInt8]]
    /// Its standard input is what was brought for the attempt (`Transport.bring`), not empty.
    package var readsInput = false

    package init(text: String, interpreter: String? = nil, secrets: [String: [UInt8]] = [:]) {
      self.text = text
      self.interpreter = interpreter
      self.secrets = secrets
    }
  }

  /// Code that only looks.
  package struct Probe: Hashable, Sendable {
    package var stage: ProbeStage
    /// Which one of its stage, from 0.
    package var index: Int
    package var script: Script
    /// `says`: this text must be in its standard output.
    package var says: String?
    package var isNegated: Bool
    /// After this many milliseconds it is ended and the answer is `cannotTell`.
    package var limit: Int

    package init(
      stage: ProbeStage, index: Int, script: Script, says: String? = nil, isNegated: Bool = false,
      limit: Int
    ) {
      self.stage = stage
      self.index = index
      self.script = script
      self.says = says
      self.isNegated = isNegated
      self.limit = limit
    }
  }

  package enum Item: Hashable, Sendable {
    case probe(Probe)
    /// The action. At most one; started once for each key, whatever happens.
    case action(Script, timeout: Int?)
  }

  /// Unique in the run; names the claim.
  package var key: String
  package var items: [Item]
  package var environment: [String: String]
  /// `as "USER"`: everything runs through `sudo -n -u USER`.
  package var user: String?

  package init(key: String, items: [Item], environment: [String: String], user: String? = nil) {
    self.key = key
    self.items = items
    self.environment = environment
    self.user = user
  }
}

/// A question about one attempt.
package struct Look: Hashable, Sendable {
  /// As the offset of a stream: nothing of it is sent, only its size is told.
  package static let beyond = 1 << 50

  package var key: String
  package var outputOffset: Int
  package var errorOffset: Int
  /// Offset in the supervisor's own log of the attempt (answers of probes).
  package var logOffset: Int
  /// Bytes of each stream to send at most.
  package var limit: Int
  /// Also look for living members of the process group (costs a walk over the process table).
  package var asksAlive: Bool

  package init(
    key: String, outputOffset: Int = 0, errorOffset: Int = 0, logOffset: Int = 0,
    limit: Int = 131_072, asksAlive: Bool = false
  ) {
    self.key = key
    self.outputOffset = outputOffset
    self.errorOffset = errorOffset
    self.logOffset = logOffset
    self.limit = limit
    self.asksAlive = asksAlive
  }
}
