import Foundation
import Testing

@testable import RunbookLanguage

/// Every example of docs/language.md compiles, and is written as the formatter writes it.
@Suite struct DocumentationTests {
  private struct Example {
    var kind: String
    var file: SourceFile
  }

  private static let examples: [Example] = {
    let path = Fixture.directory.appending(path: "../../../docs/language.md")
    guard let text = try? String(contentsOf: path, encoding: .utf8) else { return [] }
    var examples: [Example] = []
    for block in text.components(separatedBy: "\n````") where block.contains("\n") {
      let (kind, body) = (block.prefix { $0 != "\n" }, block.drop { $0 != "\n" }.dropFirst())
      guard kind == "runbook" || kind == "site" else { continue }
      let words = body.split(whereSeparator: { " \n(".contains($0) })
      let index = words.firstIndex { $0 == "runbook" || $0 == "part" }
      let name = kind == "site" ? "site" : index.map { String(words[$0 + 1]) } ?? "nameless"
      examples.append(
        Example(
          kind: String(kind), file: SourceFile(name: name + ".runbook", text: body + "\n")))
    }
    return examples
  }()

  @Test func thereAreExamples() {
    #expect(Self.examples.count >= 12)
  }

  @Test func everyExampleCompiles() {
    let site = Self.examples.first { $0.kind == "site" }?.file
    for example in Self.examples {
      // Examples with an inventory of their own stand alone.
      let text = String(decoding: example.file.bytes, as: UTF8.self)
      let standsAlone = text.contains("hosts db where") || example.kind == "site"
      let result = Compiler.compile(file: example.file, site: standsAlone ? nil : site) { name in
        Self.examples.first { $0.file.stem == name }?.file
      }
      let rendering = DiagnosticRenderer.render(result.diagnostics)
      #expect(result.diagnostics.isEmpty, "\(rendering)")
      #expect(Formatter.format(example.file).text == text, "\(example.file.name)")
    }
  }

  @Test(arguments: DiagnosticCode.allCases)
  func everyCodeIsExplained(_ code: DiagnosticCode) {
    #expect(code.explanation.count > 60)
    #expect(DiagnosticCode.named(code.rawValue.lowercased()) == code)
  }

  /// A code that no fixture shows has no example of how it reads.
  @Test func everyCodeIsShownByAFixture() {
    let shown = Fixture.all.compactMap { Fixture(name: $0).rendering() }.joined()
    // These need inputs of a command line; InventoryTests has them. A file or plan without end in
    // sight is made by LimitTests.
    let elsewhere: Set<DiagnosticCode> = [.unknownInput, .missingInput, .badInput, .tooLarge]
    for code in DiagnosticCode.allCases where !elsewhere.contains(code) {
      #expect(shown.contains("[\(code.rawValue)]"), "\(code)")
    }
  }
}
