import Foundation
import RunbookTestSupport
import Testing

/// The short run of `fuzz-language`, with its limits of time and memory; `make fuzz` is the long one.
@Suite struct FuzzTests {
  @Test(.timeLimit(.minutes(3)), arguments: [1, 2])
  func brokenRunbooksBreakNothing(_ seed: Int) throws {
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let ended = try SpawnedProcess.shell(
      ".build/debug/fuzz-language --count 3000 --seed \(seed)", in: root.path)
    #expect(ended.status == 0, "\(ended.text)")
    #expect(ended.text.contains("3000 inputs of"), "\(ended.text)")
  }
}
