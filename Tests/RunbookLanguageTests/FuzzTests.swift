import LanguageFuzzing
import Testing

@testable import RunbookLanguage

/// The short run; `swift run -c release fuzz-language` is the long one.
@Suite struct FuzzTests {
  @Test(arguments: 1...4)
  func brokenRunbooksBreakNothing(_ seed: Int) throws {
    var (seeds, parts) = Corpus.read(Fixture.directory.path)
    for seed in 0..<4 {
      var generator = RunbookGenerator(seed: UInt64(seed))
      seeds.append(generator.runbook(steps: 5))
    }
    let probe = LanguageProbe(parts: parts)
    for number in 0..<250 {
      let inputSeed = UInt64(seed * 1_000_003 + number)
      var mutator = RunbookMutator(seed: inputSeed, seeds: seeds)
      let input = mutator.input()
      #expect(throws: Never.self, "input \(number) of seed \(seed)") { try probe.check(input) }
    }
  }
}
