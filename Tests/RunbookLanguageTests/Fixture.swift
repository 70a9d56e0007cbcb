import Foundation
import RunbookCore

@testable import RunbookLanguage

/// A runbook of `Fixtures` with what belongs to it: `NAME.site` beside it is its site file,
/// `NAME.tsv` its inventory, `parts` are shared by all.
struct Fixture {
  let name: String

  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  static let all: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: directory.path)
    return (files ?? []).filter { $0.hasSuffix(".runbook") }
      .map { String($0.dropLast(".runbook".count)) }.sorted()
  }()

  static let partNames: [String] = {
    let parts = directory.appending(path: "parts").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: parts)) ?? [])
      .map { String($0.dropLast(".runbook".count)) }.sorted()
  }()

  static func read(_ path: String, as name: String? = nil) -> SourceFile? {
    guard let data = FileManager.default.contents(atPath: directory.appending(path: path).path)
    else { return nil }
    return SourceFile(name: name ?? path, bytes: Array(data))
  }

  var source: SourceFile? { Self.read(name + ".runbook") }

  func compile(_ text: SourceFile? = nil) -> Compiler.Result? {
    guard let source = text ?? source else { return nil }
    return Compiler.compile(
      file: source, site: Self.read(name + ".site", as: "site.runbook"),
      partNames: Self.partNames
    ) { part in
      Self.read("parts/\(part).runbook")
    }
  }

  /// The diagnostics of compiling and, where there is an inventory, of looking at it.
  func diagnostics(_ text: SourceFile? = nil) -> [Diagnostic]? {
    guard let result = compile(text) else { return nil }
    guard let plan = result.draft else { return result.diagnostics }
    guard let declaration = plan.inventory, !plan.groups.isEmpty,
      let file = Self.read(name + ".tsv", as: declaration.path)
    else {
      let isMissing = plan.inventory == nil
      return result.diagnostics + (isMissing ? Binder.examine(result, inventory: nil) : [])
    }
    let (inventory, found) = Inventory.parse(
      file, declaration: declaration, sources: result.sources)
    guard let inventory else { return result.diagnostics + found }
    return result.diagnostics + found + Binder.examine(result, inventory: inventory)
  }

  func rendering() -> String? {
    guard let diagnostics = diagnostics() else { return nil }
    return diagnostics.isEmpty ? "no mistakes\n" : DiagnosticRenderer.render(diagnostics)
  }
}
