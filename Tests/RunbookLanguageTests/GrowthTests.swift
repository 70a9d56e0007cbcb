import Foundation
import LanguageFuzzing
import RunbookCore
import Testing

@testable import RunbookLanguage

/// Compiling takes time in proportion to the text: eight times the steps, eight times the work.
@Suite(.serialized) struct GrowthTests {
  enum Shape: String, CaseIterable {
    case generated, secretOutputs, names
  }

  @Test(arguments: Shape.allCases)
  func compilingGrowsLinearly(_ shape: Shape) {
    let small = (0..<3).map { _ in work(shape, steps: 250) }.min() ?? 0
    let large = (0..<2).map { _ in work(shape, steps: 2_000) }.min() ?? 0
    // 8 is linear and 64 is quadratic; caches and allocation come between.
    #expect(large / small < 24, "\(shape): \(small) ms grew to \(large) ms")
  }

  /// Milliseconds of this thread's processor time: other tests run beside it.
  private func work(_ shape: Shape, steps: Int) -> Double {
    let file = SourceFile(name: "generated.runbook", text: text(shape, steps))
    let start = processorTime()
    let result = Compiler.compile(file: file)
    let end = processorTime()
    #expect(result.plan != nil, "\(DiagnosticRenderer.render(Array(result.diagnostics.prefix(2))))")
    return end - start
  }

  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
  }

  private func text(_ shape: Shape, _ steps: Int) -> String {
    switch shape {
    case .generated:
      var generator = RunbookGenerator(seed: 5)
      return generator.runbook(steps: steps)
    case .secretOutputs:
      // Every output took from the one before, and the first one from the secret.
      let body = (0..<steps).map { step in
        let source = step == 0 ? "token" : "o\(step - 1)"
        return "  step s\(step) { output o\(step) from `printf %s \"$\(source)\"` }\n"
      }
      return "runbook generated {\n  secret token from env \"TOKEN\"\n\(body.joined())}\n"
    case .names:
      // One step that sets and reads as many names as others have steps.
      let lines = (0..<steps).map { "      v\($0)=1; echo \"$v\($0)\"\n" }
      return
        "runbook generated {\n  step s {\n    run ```\n\(lines.joined())    ```\n"
        + "    no rollback \"prints\"\n  }\n}\n"
    }
  }
}
