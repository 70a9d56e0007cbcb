import Foundation
import RunbookCore
import RunbookLanguage

/// Sends one input through everything that reads runbooks and holds it to its promises.
package struct LanguageProbe {
  /// What a promise was broken by.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  private let parts: [String: SourceFile]

  /// - Parameter parts: the texts of parts by name.
  package init(parts: [String: String]) {
    self.parts = parts.reduce(into: [:]) { files, part in
      files[part.key] = SourceFile(name: "parts/\(part.key).runbook", text: part.value)
    }
  }

  /// Compiles, renders and formats; throws where a diagnostic lacks its remedy, where formatting is
  /// not idempotent or where it changes the plan.
  package func check(_ bytes: [UInt8], name: String = "generated.runbook") throws(Failure) {
    let file = SourceFile(name: name, bytes: bytes)
    let result = compile(file)
    let rendering = DiagnosticRenderer.render(result.diagnostics, color: true)
    if result.hasErrors == (result.plan != nil), !isPartOrSite(name, bytes) {
      throw Failure(description: "a plan and errors, or neither:\n\(rendering)")
    }
    for diagnostic in result.diagnostics where diagnostic.help == nil {
      throw Failure(description: "no remedy for \(diagnostic.code): \(diagnostic.summary)")
    }
    let (formatted, mistakes) = Formatter.format(file)
    guard let formatted else {
      if mistakes.isEmpty { throw Failure(description: "not formatted, and no reason given") }
      return
    }
    let again = SourceFile(name: name, text: formatted)
    guard Formatter.format(again).text == formatted else {
      throw Failure(description: "formatting again changes:\n\(formatted)")
    }
    guard let plan = result.plan else { return }
    let other = compile(again)
    guard let formattedPlan = other.plan else {
      throw Failure(
        description: "formatting made mistakes:\n\(DiagnosticRenderer.render(other.diagnostics))")
    }
    if Self.withoutPlaces(plan) != Self.withoutPlaces(formattedPlan) {
      throw Failure(description: "formatting changed the plan:\n\(formatted)")
    }
  }

  private func compile(_ file: SourceFile) -> Compiler.Result {
    Compiler.compile(file: file, partNames: parts.keys.sorted()) { parts[$0] }
  }

  private func isPartOrSite(_ name: String, _ bytes: [UInt8]) -> Bool {
    name.hasSuffix("site.runbook") || String(decoding: bytes, as: UTF8.self).contains("part")
  }

  /// A plan as JSON without the lines and columns of its sources.
  package static func withoutPlaces(_ plan: Plan) -> String {
    let encoder = JSONEncoder()
    guard let data = try? encoder.encode(plan),
      let object = try? JSONSerialization.jsonObject(with: data),
      let cleaned = try? JSONSerialization.data(
        withJSONObject: cleaned(object), options: [.sortedKeys])
    else { return "" }
    return String(decoding: cleaned, as: UTF8.self)
  }

  private static func cleaned(_ object: Any) -> Any {
    if let members = object as? [String: Any] {
      if Set(members.keys) == ["file", "line", "column"] { return 0 }
      return members.mapValues(cleaned)
    }
    if let elements = object as? [Any] { return elements.map(cleaned) }
    return object
  }
}
