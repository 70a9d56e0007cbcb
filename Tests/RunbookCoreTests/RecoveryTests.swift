import RunbookCore
import Testing

@Suite("The decision table at reopen")
struct RecoveryTests {
  /// Every situation that can be told apart.
  static let situations: [Situation] = {
    var result: [Situation] = []
    let truths = [false, true]
    for claim in [Situation.Claim.absent, .torn, .whole] {
      for bits in 0..<128 {
        let bit = { (n: Int) in truths[(bits >> n) & 1] }
        result.append(
          Situation(
            claim: claim, hasEnd: bit(0), hasActionStatus: bit(1), wrapperIsAlive: bit(2),
            actionIsAlive: bit(3), isSameBoot: bit(4), isSameDirectory: bit(5),
            hasAction: bit(6)))
      }
    }
    return result
  }()

  @Test func everySituationHasARow() {
    for situation in Self.situations { _ = Recovery.decide(situation) }
  }

  @Test func everyRowDecidesSomething() {
    let labels = Set(Self.situations.map { Recovery.decide($0).label })
    #expect(labels == Set(Recovery.table.map(\.label)))
  }

  @Test func aClaimedActionIsNeverStartedAgain() {
    for situation in Self.situations where situation.claim != .absent && situation.hasAction {
      #expect(Recovery.decide(situation).verdict != .start, "\(situation)")
    }
  }

  @Test func anActionIsOnlyStartedWhereBothIdsAreUnchanged() {
    for situation in Self.situations where situation.hasAction {
      guard Recovery.decide(situation).verdict == .start else { continue }
      #expect(situation.isSameBoot && situation.isSameDirectory, "\(situation)")
    }
  }

  @Test(arguments: [
    (Situation(claim: .absent), Recovery.Verdict.start),
    (Situation(claim: .absent, isSameBoot: false), .doubt(.rebootedBeforeClaim)),
    (Situation(claim: .absent, isSameDirectory: false), .doubt(.directoryReplaced)),
    (Situation(claim: .whole, wrapperIsAlive: true, actionIsAlive: true), .reattach),
    (Situation(claim: .whole, hasEnd: true), .takeEnd(mayLackOutput: false)),
    (Situation(claim: .whole, hasEnd: true, isSameBoot: false), .takeEnd(mayLackOutput: true)),
    (Situation(claim: .whole, isSameBoot: false), .doubt(.rebooted)),
    (Situation(claim: .whole, actionIsAlive: true), .waitForGroup),
    (Situation(claim: .whole), .doubt(.wrapperDied)),
    (Situation(claim: .torn), .doubt(.claimTorn)),
    (Situation(claim: .absent, isSameBoot: false, hasAction: false), .start),
    (
      Situation(claim: .whole, hasActionStatus: true, isSameBoot: false),
      .takeActionStatus(mayLackOutput: true)
    ),
  ])
  func decidesAsTheTableSays(situation: Situation, verdict: Recovery.Verdict) {
    #expect(Recovery.decide(situation).verdict == verdict)
  }
}
