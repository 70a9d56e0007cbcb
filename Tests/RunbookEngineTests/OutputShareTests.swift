import RunbookCore
import Testing

@testable import RunbookEngine

@Suite("What of an output is journaled")
struct OutputShareTests {
  private func stream(offset: Int, kept: Int) -> StreamState {
    var stream = StreamState()
    (stream.offset, stream.kept) = (offset, kept)
    return stream
  }

  @Test func theHeadIsFetchedAsItComes() {
    let share = OutputShare(limit: 100, stream(offset: 20, kept: 20), size: 5000, isOver: false)
    #expect(share.skipsTo == nil && share.room == 30)
  }

  @Test func whatFollowsTheHeadWaitsForTheEnd() {
    let share = OutputShare(limit: 100, stream(offset: 50, kept: 50), size: 5000, isOver: false)
    #expect(share.skipsTo == nil && share.room == 0)
  }

  @Test func aHostGetsSpaceBackWhileAnOutputGrows() {
    let size = 3 << 20
    let share = OutputShare(limit: 100, stream(offset: 50, kept: 50), size: size, isOver: false)
    #expect(share.skipsTo == size - 50)
  }

  @Test func theEndIsKeptWhole() {
    let gap = OutputShare(limit: 100, stream(offset: 50, kept: 50), size: 5000, isOver: true)
    #expect(gap.skipsTo == 4950)
    let tail = OutputShare(limit: 100, stream(offset: 4950, kept: 50), size: 5000, isOver: true)
    #expect(tail.skipsTo == nil && tail.room == 50)
  }

  @Test func anOutputWithinTheLimitHasNoGap() {
    let share = OutputShare(limit: 100, stream(offset: 20, kept: 20), size: 100, isOver: true)
    #expect(share.skipsTo == nil && share.room == 80)
  }

  @Test func aLimitOfNothingKeepsNothing() {
    let share = OutputShare(limit: 0, stream(offset: 0, kept: 0), size: 7, isOver: true)
    #expect(share.skipsTo == 7)
  }

  @Test func anActionThatTruncatesItsOutputAgainAndAgainIsBoundedToo() {
    let share = OutputShare(limit: 100, stream(offset: 0, kept: 90), size: 30, isOver: true)
    #expect(share.skipsTo == 20)
  }
}
