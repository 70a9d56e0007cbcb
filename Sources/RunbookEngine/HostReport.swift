import RunbookCore

/// What a host's supervisor tells the engine.
package enum HostReport: Hashable, Sendable {
  /// An exchange ended on this link: its status, and whether there is anything to read with `look`.
  case ended(key: String, ExchangeEnd, hasOutput: Bool, hasLog: Bool)
  case looked(Sighting)
  case pong(Int)
  /// A frame was refused and nothing was done: a newer owner exists.
  case stale(knownEpoch: Int)
  /// The frame could not be carried out: the state directory is gone, no space, no fork.
  case notStarted(key: String, String)
  case lost(String)
}

/// The answer to `look`.
package struct Sighting: Hashable, Sendable {
  package enum Claim: String, Hashable, Sendable {
    case absent, present
    /// Created, but its content is not complete.
    case torn
  }
  package var key: String
  /// Of this very look, so that a reboot between two looks is never missed.
  package var bootID: String
  package var claim: Claim
  /// The complete status record of the whole exchange, where the wrapper wrote it.
  package var end: ExchangeEnd?
  /// The action's exit status: the wrapper writes it down (in the status file, in place) as soon
  /// as the action has ended, before it asks checks and outputs, so that it is known even when
  /// the exchange never comes to its end.
  package var actionStatus: Int?
  /// The wrapper that does the exchange is alive.
  package var wrapperIsAlive: Bool
  /// Some member of the action's group is alive; nil when not asked.
  package var actionIsAlive: Bool?
  /// Present sizes; the final ones where `end` is set.
  package var outputSize: Int
  package var errorSize: Int
  package var logSize: Int
  package var output: [UInt8]
  package var error: [UInt8]
  /// Complete records only, parsed, with the log offset after the last of them.
  package var answers: [ProbeAnswer]
  package var logOffset: Int

  package init(key: String, bootID: String, claim: Claim) {
    self.key = key
    self.bootID = bootID
    self.claim = claim
    wrapperIsAlive = false
    outputSize = 0
    errorSize = 0
    logSize = 0
    output = []
    error = []
    answers = []
    logOffset = 0
  }
}
