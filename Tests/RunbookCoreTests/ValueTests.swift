import RunbookCore
import Testing

@Suite("Values, expressions and pauses")
struct ValueTests {
  @Test(arguments: [
    ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("7", 7000),
  ])
  func readsDurations(text: String, milliseconds: Int) throws {
    #expect(try Value(output: Array(text.utf8), as: .duration) == .duration(milliseconds))
  }

  @Test func trimsWhatWasPrinted() throws {
    #expect(try Value(output: Array(" a b \n\n".utf8), as: .string) == .string("a b"))
    #expect(try Value(output: Array("\t12\n".utf8), as: .int) == .int(12))
  }

  @Test(arguments: [([0x61, 0], ValueType.string), ([0xff], .string), (Array("x".utf8), .bool)])
  func refusesWhatIsNoValue(bytes: [UInt8], type: ValueType) {
    #expect(throws: OutputProblem.self) { try Value(output: bytes, as: type) }
  }

  @Test func showsDurationsToCodeInSeconds() {
    #expect(Value.duration(90_000).environmentText == "90")
    #expect(Value.duration(1050).environmentText == "1.050")
  }

  @Test func doublesThePauseUpToItsLimit() {
    let policy = RetryPolicy(attempts: 6, pause: 100, longestPause: 500)
    #expect((1...6).map { policy.pause(after: $0) } == [100, 200, 400, 500, 500, nil])
    #expect(RetryPolicy(attempts: 3, pause: 50, longestPause: nil).pause(after: 2) == 50)
    #expect(RetryPolicy.once.pause(after: 1) == nil)
  }

  @Test func findsWordsAndComparesNumbers() {
    let word = Expression.compare(
      .isWordOf, .literal(.string("b")), .literal(.string("a b\tc")))
    #expect(word.evaluate { _ in nil } == .bool(true))
    let number = Expression.compare(.less, .name("n"), .literal(.int(3)))
    #expect(number.evaluate { $0 == .name("n") ? .int(2) : nil } == .bool(true))
    #expect(number.evaluate { _ in nil } == nil)
  }
}
