/// What a look at a host found about an attempt that was in flight when its engine or its
/// connection went away.
package struct Situation: Hashable, Sendable {
  package enum Claim: Hashable, Sendable { case absent, torn, whole }
  package var claim: Claim
  /// The exchange's final record is there.
  package var hasEnd: Bool
  /// The action's exit status is there.
  package var hasActionStatus: Bool
  package var wrapperIsAlive: Bool
  package var actionIsAlive: Bool
  /// The boot id is the one of when the attempt started.
  package var isSameBoot: Bool
  /// The state directory is the one of when the attempt started.
  package var isSameDirectory: Bool
  /// The exchange has an action; without one it only looks.
  package var hasAction: Bool

  package init(
    claim: Claim, hasEnd: Bool = false, hasActionStatus: Bool = false,
    wrapperIsAlive: Bool = false, actionIsAlive: Bool = false, isSameBoot: Bool = true,
    isSameDirectory: Bool = true, hasAction: Bool = true
  ) {
    self.claim = claim
    self.hasEnd = hasEnd
    self.hasActionStatus = hasActionStatus
    self.wrapperIsAlive = wrapperIsAlive
    self.actionIsAlive = actionIsAlive
    self.isSameBoot = isSameBoot
    self.isSameDirectory = isSameDirectory
    self.hasAction = hasAction
  }
}

/// The decision table at reopen: one labelled row for each situation, the first that fits decides.
package enum Recovery {
  package enum Verdict: Hashable, Sendable {
    /// The same attempt is sent again, under the same key.
    case start
    /// It is followed from the journaled offsets.
    case reattach
    /// Its final record is taken.
    case takeEnd(mayLackOutput: Bool)
    /// The action's status is taken; checks and outputs are asked by further exchanges.
    case takeActionStatus(mayLackOutput: Bool)
    /// The group is waited for, then it is in doubt.
    case waitForGroup
    case doubt(Doubt)
  }

  package struct Row: Sendable {
    package var label: String
    package var fits: @Sendable (Situation) -> Bool
    package var verdict: @Sendable (Situation) -> Verdict
  }

  package static let table: [Row] = [
    Row(label: "it ended, and its record is there") {
      $0.hasEnd
    } verdict: {
      .takeEnd(mayLackOutput: !$0.isSameBoot)
    },
    Row(label: "its wrapper is at work") {
      $0.wrapperIsAlive && $0.isSameBoot
    } verdict: { _ in
      .reattach
    },
    Row(label: "the action ended; the wrapper went away while it asked checks") {
      $0.hasActionStatus
    } verdict: {
      .takeActionStatus(mayLackOutput: !$0.isSameBoot)
    },
    Row(label: "only looking was underway: asked again") {
      !$0.hasAction
    } verdict: { _ in
      .start
    },
    Row(label: "no claim; boot id and directory id unchanged") {
      $0.claim == .absent && $0.isSameBoot && $0.isSameDirectory
    } verdict: { _ in
      .start
    },
    Row(label: "no claim; the directory is another one") {
      $0.claim == .absent && !$0.isSameDirectory
    } verdict: { _ in
      .doubt(.directoryReplaced)
    },
    Row(label: "no claim; the host rebooted") {
      $0.claim == .absent
    } verdict: { _ in
      .doubt(.rebootedBeforeClaim)
    },
    Row(label: "a claim, and the host rebooted") {
      !$0.isSameBoot
    } verdict: { _ in
      .doubt(.rebooted)
    },
    Row(label: "the wrapper was killed, the group is alive") {
      $0.actionIsAlive
    } verdict: { _ in
      .waitForGroup
    },
    Row(label: "a claim that is not whole, nobody alive") {
      $0.claim == .torn
    } verdict: { _ in
      .doubt(.claimTorn)
    },
    Row(label: "a claim, no status, nobody alive") {
      $0.claim == .whole
    } verdict: { _ in
      .doubt(.wrapperDied)
    },
  ]

  /// The first row that fits and what it decides. The last three rows together take every
  /// situation that the others leave, which a test over all situations holds.
  package static func decide(_ situation: Situation) -> (label: String, verdict: Verdict) {
    for row in table where row.fits(situation) {
      return (row.label, row.verdict(situation))
    }
    preconditionFailure("no row of the recovery table fits \(situation)")
  }
}
