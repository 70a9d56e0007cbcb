/// What `reprise check --explain CODE` tells beyond the diagnostic itself.
extension DiagnosticCode {
  /// The code as it is shown, or as a person types it: `r101` means `R101`.
  package static func named(_ text: String) -> DiagnosticCode? {
    DiagnosticCode(rawValue: text.uppercased())
  }

  /// Why it is a mistake and what to write instead. A test holds that every code has one.
  package var explanation: String { Self.explanations[self] ?? "" }

  private static let explanations = [writing, names, steps, inventory]
    .reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}
