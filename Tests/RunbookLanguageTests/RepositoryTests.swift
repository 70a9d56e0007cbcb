import Foundation
import Testing

@testable import RunbookLanguage

/// The runbooks that come with the program have no mistakes.
@Suite struct RepositoryTests {
  private static let directory = Fixture.directory.appending(path: "../../../runbooks")

  private static func names(_ folder: String) -> [String] {
    let path = directory.appending(path: folder).path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".runbook") }.sorted()
  }

  private static func read(_ path: String) -> SourceFile? {
    FileManager.default.contents(atPath: directory.appending(path: path).path).map {
      SourceFile(name: path, bytes: Array($0))
    }
  }

  @Test(arguments: names(".") + names("parts").map { "parts/" + $0 })
  func compiles(_ path: String) throws {
    let file = try #require(Self.read(path))
    let result = Compiler.compile(file: file, site: Self.read("site.runbook")) { name in
      Self.read("parts/\(name).runbook")
    }
    var diagnostics = result.diagnostics
    // The inventory of the reported site stands on its own machine.
    if let plan = result.plan, let declaration = plan.inventory,
      let table = Self.read(declaration.path)
    {
      let inventory = Inventory.parse(table, declaration: declaration).inventory
      diagnostics += Binder.examine(result, inventory: inventory)
    }
    #expect(diagnostics.isEmpty, "\(DiagnosticRenderer.render(diagnostics))")
  }
}
