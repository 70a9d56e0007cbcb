import RunbookCore

/// One mistake, or one warning, with the place it stands and what to do about it.
///
/// A mistake of the user is always one of these, never a thrown error. It carries the file it is
/// about, so that it can be rendered without anything else at hand.
package struct Diagnostic: Sendable {
  package enum Severity: String, Sendable {
    case error, warning
  }

  /// Another place that explains the mistake: where a block opened, where a name was first declared.
  package struct Note: Sendable {
    package var text: String
    var place: Place
  }

  package var code: DiagnosticCode
  package var severity: Severity
  /// One lower-case sentence without a full stop.
  package var summary: String
  /// nil where the mistake is not in a file: an input of the command line.
  var place: Place?
  package var notes: [Note] = []
  /// The remedy.
  package var help: String?

  init(
    _ code: DiagnosticCode, _ summary: String, at place: Place?, help: String? = nil,
    notes: [Note] = [], severity: Severity = .error
  ) {
    self.code = code
    self.severity = severity
    self.summary = summary
    self.place = place
    self.notes = notes
    self.help = help
  }

  /// Where it is, for `--json`; nil where it is not about a file.
  package var origin: Origin? { place.map { $0.file.origin(at: $0.range.start) } }

  package var isError: Bool { severity == .error }
}

/// A range of one file.
struct Place: Sendable {
  let file: SourceFile
  let range: SourceRange

  init(_ file: SourceFile, _ range: SourceRange) {
    self.file = file
    self.range = range
  }
}

/// The diagnostics of one compilation: each mistake once, in reading order, and not without end.
struct DiagnosticList {
  /// More mistakes than anybody mends in one go; the rest is found after those are mended.
  static let limit = 200

  private struct Key: Hashable {
    let code: DiagnosticCode
    let file: String
    let start: Int
    let summary: String
  }

  private(set) var all: [Diagnostic] = []
  private var seen: Set<Key> = []

  /// A part that is used twice is checked twice, its mistakes are told once.
  mutating func report(_ diagnostic: Diagnostic) {
    guard all.count < Self.limit else { return }
    let key = Key(
      code: diagnostic.code, file: diagnostic.place?.file.name ?? "",
      start: diagnostic.place?.range.start ?? 0, summary: diagnostic.summary)
    if seen.insert(key).inserted { all.append(diagnostic) }
  }

  mutating func report(contentsOf diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { report(diagnostic) }
  }

  var hasErrors: Bool { all.contains(where: \.isError) }

  /// File by file in the order in which they were met, each from top to bottom.
  func inReadingOrder() -> [Diagnostic] {
    var ranks: [String: Int] = [:]
    for diagnostic in all {
      guard let name = diagnostic.place?.file.name, ranks[name] == nil else { continue }
      ranks[name] = ranks.count
    }
    return all.enumerated().sorted { first, second in
      let left = first.element.place
      let right = second.element.place
      let leftRank = left.map { ranks[$0.file.name] ?? 0 } ?? -1
      let rightRank = right.map { ranks[$0.file.name] ?? 0 } ?? -1
      if leftRank != rightRank { return leftRank < rightRank }
      let leftStart = left?.range.start ?? 0
      let rightStart = right?.range.start ?? 0
      return leftStart != rightStart ? leftStart < rightStart : first.offset < second.offset
    }.map(\.element)
  }
}
