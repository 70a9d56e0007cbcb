/// One line for a screen: pieces of text with their tones, laid out before it is known how wide the
/// screen is and what it can show.
package struct Line: Hashable, Sendable, ExpressibleByStringLiteral {
  package struct Span: Hashable, Sendable {
    package var text: String
    package var tone: Tone?
  }
  package private(set) var spans: [Span] = []

  package init() {}
  package init(_ text: String, _ tone: Tone? = nil) { append(text, tone) }
  package init(stringLiteral text: String) { append(text) }

  /// Adds text. What a host or a file says is shown with its control characters made visible.
  package mutating func append(_ text: String, _ tone: Tone? = nil) {
    spans.append(Span(text: Printable.text(text), tone: tone))
  }

  package mutating func append(_ glyph: StateGlyph) {
    spans.append(Span(text: glyph.sign, tone: glyph.tone))
  }

  package mutating func append(_ line: Line) { spans += line.spans }

  /// Blanks up to a column, and at least `gap` of them.
  package mutating func pad(to column: Int, gap: Int = 0) {
    spans.append(
      Span(text: String(repeating: " ", count: max(gap, column - width)), tone: nil))
  }

  package var width: Int { spans.reduce(0) { $0 + Printable.width($1.text) } }

  /// The text as it is written out, cut at `width` columns where it is given.
  package func rendered(_ style: Style, width: Int? = nil) -> String {
    var room = width ?? .max
    let isCut = width.map { self.width > $0 } ?? false
    if isCut { room -= 1 }
    var result = ""
    for span in spans {
      let text = isCut ? Printable.head(of: span.text, width: room) : span.text
      room -= isCut ? Printable.width(text) : 0
      result += style.paint(style.isUnicode ? text : Printable.ascii(text), span.tone)
      if isCut, text != span.text { break }
    }
    if isCut { result += style.isUnicode ? "…" : "~" }
    return result
  }
}

extension [Line] {
  /// All lines with a line end after each.
  package func rendered(_ style: Style, width: Int? = nil) -> String {
    map { $0.rendered(style, width: width) + "\n" }.joined()
  }
}

extension Line {
  /// Columns of a screen that is not asked for its size.
  private static let usualWidth = 80

  /// With a command to be copied at its end, or below it where both do not fit on one line.
  package func ending(with command: String) -> [Line] {
    var line = self
    if width + Printable.width(command) < Self.usualWidth {
      line.append(command, .strong)
      return [line]
    }
    while line.spans.last?.text.last == " " { line.spans[line.spans.count - 1].text.removeLast() }
    return [line, Line("  " + command, .strong)]
  }
}
