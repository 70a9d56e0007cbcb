/// What a piece of text says by its colour; never by its colour alone.
package enum Tone: String, Hashable, Sendable {
  case good = "32"
  case active = "36"
  case attention = "33"
  case doubt = "35"
  case bad = "31"
  case quiet = "2"
  case strong = "1"
}

/// What the place that shows a text can show.
package struct Style: Hashable, Sendable {
  /// False where the locale isn't UTF-8: an ASCII set of signs, and `?` for every other character.
  package var isUnicode: Bool
  package var isColored: Bool

  package init(isUnicode: Bool, isColored: Bool) {
    self.isUnicode = isUnicode
    self.isColored = isColored
  }

  /// For pipes and golden tests.
  package static let plain = Style(isUnicode: true, isColored: false)

  package func paint(_ text: String, _ tone: Tone?) -> String {
    guard isColored, let tone, !text.isEmpty else { return text }
    return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
  }
}
