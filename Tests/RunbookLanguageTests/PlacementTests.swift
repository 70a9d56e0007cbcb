import Testing

@testable import RunbookLanguage

/// Parts lie in `parts`, runbooks beside it.
@Suite struct PlacementTests {
  private func check(_ path: String, _ text: String) -> [Diagnostic] {
    Compiler.compile(file: SourceFile(name: path, text: text)).diagnostics
  }

  private let part = "part z { step a { check `true` } }\n"
  private let runbook = "runbook z { step a { check `true` } }\n"

  @Test func aPartOutsideOfPartsIsReported() {
    #expect(
      DiagnosticRenderer.render(check("runbooks/z.runbook", part)) == """
        error[R022]: part `z` stands outside of `parts`, where nothing finds it
         --> runbooks/z.runbook:1:6
          |
        1 | part z { step a { check `true` } }
          |      ^
          = help: move the file to `parts/z.runbook`, beside the runbooks that use it

        """)
  }

  @Test func aRunbookInPartsIsReported() {
    #expect(
      DiagnosticRenderer.render(check("/srv/parts/z.runbook", runbook)) == """
        error[R022]: `z` is a runbook, and stands in `parts`
         --> /srv/parts/z.runbook:1:9
          |
        1 | runbook z { step a { check `true` } }
          |         ^
          = help: move the file to the runbooks, or write `part z { … }`

        """)
  }

  /// Nothing is known of the directory where somebody stands in it.
  @Test(arguments: ["z.runbook", "./z.runbook", "../z.runbook"])
  func withoutItsDirectoryAFileMayLieAnywhere(_ path: String) {
    #expect(check(path, part).isEmpty)
    #expect(check(path, runbook).isEmpty)
  }

  @Test func whatLiesRightIsNotReported() {
    #expect(check("runbooks/parts/z.runbook", part).isEmpty)
    #expect(check("runbooks/z.runbook", runbook).isEmpty)
  }

  /// A file of another name is one mistake, wherever it lies.
  @Test func itIsToldOnce() {
    #expect(check("runbooks/y.runbook", part).map(\.code) == [.fileName])
  }
}
