import RunbookCore
import Testing

@testable import RunbookLanguage

/// One slip of the pen in a correct runbook gives one diagnostic: each token is left out, has its
/// letters swapped, or loses its closing quote.
@Suite struct MutationTests {
  enum Change: String, CaseIterable, Sendable {
    case delete, swap, unclose

    /// What becomes of a token's text; nil where the change makes no sense for it.
    func callAsFunction(_ text: String, _ kind: Token.Kind) -> String? {
      switch self {
      case .delete: return ""
      case .swap:
        guard kind == .word, text.count > 2 else { return nil }
        let last = text.suffix(2)
        let swapped = String(text.dropLast(2)) + String(last.reversed())
        return swapped == text ? nil : swapped
      case .unclose:
        return kind == .string || kind == .code ? String(text.dropLast()) : nil
      }
    }
  }

  private static let fixture = Fixture(name: "good-mutated")

  @Test(arguments: Change.allCases)
  func oneSlipIsToldOnce(_ change: Change) throws {
    let source = try #require(Self.fixture.source)
    var found: [String] = []
    for token in Lexer.lex(source).tokens where token.kind != .end {
      let text = source.text(token.range)
      guard let changed = change(text, token.kind) else { continue }
      let gap = changed.isEmpty ? " " : ""
      var bytes = Array(source.bytes[..<token.start])
      bytes += Array((gap + changed).utf8) + source.bytes[token.end...]
      let slip = SourceFile(name: source.name, bytes: bytes)
      let told = try #require(Self.fixture.diagnostics(slip))
      guard told.count > 1 else { continue }
      let codes = told.map(\.code.rawValue).joined(separator: " ")
      let place = "\(source.line(at: token.start)): \(change.rawValue)"
      found.append("\(place) \(text.prefix { $0 != "\n" }): \(codes)")
    }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }
}
