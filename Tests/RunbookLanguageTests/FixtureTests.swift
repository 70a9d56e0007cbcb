import Foundation
import Testing

@testable import RunbookLanguage

/// Each fixture against its golden rendering; `REPRISE_REWRITE_FIXTURES=1` writes them anew.
@Suite struct FixtureTests {
  private static let rewrites =
    ProcessInfo.processInfo.environment["REPRISE_REWRITE_FIXTURES"] == "1"

  @Test(arguments: Fixture.all)
  func rendersAsExpected(_ name: String) throws {
    let rendering = try #require(Fixture(name: name).rendering())
    let expected = Fixture.directory.appending(path: name + ".expected")
    if Self.rewrites {
      try rendering.write(to: expected, atomically: true, encoding: .utf8)
      return
    }
    let known = try String(contentsOf: expected, encoding: .utf8)
    #expect(
      rendering == known,
      "\(name): run REPRISE_REWRITE_FIXTURES=1 swift test --filter RunbookLanguageTests and look at the difference"
    )
  }
}
