/// Diagnostics as a person reads them: the mistake, its line, a caret and the remedy.
///
///     error[R102]: no group is called `bd`
///       --> runbooks/verify.runbook:7:19
///        |
///      7 |   step running on bd {
///        |                   ^^
///        = help: did you mean `db`?
package enum DiagnosticRenderer {
  /// Columns of source text shown of one line; a longer line is cut around the caret.
  private static let window = 100
  /// Bytes looked at on each side of a mark, so that a file of one endless line costs nothing.
  private static let reach = 800

  /// The diagnostics one after the other, with an empty line between them.
  package static func render(_ diagnostics: [Diagnostic], color: Bool = false) -> String {
    diagnostics.map { render($0, color: color) }.joined(separator: "\n")
  }

  private static func render(_ diagnostic: Diagnostic, color: Bool) -> String {
    let paint = Paint(isOn: color)
    let tone: Paint.Tone = diagnostic.isError ? .error : .warning
    let label = "\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue)]"
    var text = paint(tone, label) + paint(.strong, ": " + shown(diagnostic.summary)) + "\n"
    let places = (diagnostic.place.map { [$0] } ?? []) + diagnostic.notes.map(\.place)
    let lines = places.map { $0.file.line(at: $0.range.start) }
    let gutter = String(lines.max() ?? 0).count
    if let place = diagnostic.place {
      text += excerpt(place, arrow: "-->", caret: "^", tone: tone, gutter: gutter, paint: paint)
    }
    for note in diagnostic.notes {
      let margin = String(repeating: " ", count: gutter + 1)
      text += margin + paint(.frame, "= ") + "note: " + shown(note.text) + "\n"
      text += excerpt(
        note.place, arrow: ":::", caret: "-", tone: .frame, gutter: gutter, paint: paint)
    }
    if let help = diagnostic.help {
      let margin = String(repeating: " ", count: diagnostic.place == nil ? 2 : gutter + 1)
      text += margin + paint(.frame, "= ") + paint(.help, "help: ") + shown(help) + "\n"
    }
    return text
  }

  /// The line of a place with the place marked below it.
  private static func excerpt(
    _ place: Place, arrow: String, caret: Character, tone: Paint.Tone, gutter: Int, paint: Paint
  ) -> String {
    let file = place.file
    let origin = file.origin(at: place.range.start)
    let margin = String(repeating: " ", count: gutter)
    var text = margin + paint(.frame, arrow) + " \(file.name):\(origin.line):\(origin.column)\n"
    let line = file.range(ofLine: origin.line)
    guard !line.isEmpty || place.range.start > line.start else { return text }

    // A range over several lines is marked to the end of its first one.
    let markStart = min(place.range.start, line.end)
    let markEnd = max(markStart, min(place.range.end, line.end))
    let before = printable(file.tail(of: SourceRange(line.start, markStart), reach))
    let marked = printable(file.head(of: SourceRange(markStart, markEnd), reach))
    let after = printable(file.head(of: SourceRange(markEnd, line.end), reach))
    let (left, width, source) = cut(before, marked, after)
    let number = String(origin.line)
    let pad = String(repeating: " ", count: gutter - number.count)
    text += margin + paint(.frame, " |") + "\n"
    text += paint(.frame, pad + number + " |") + (source.isEmpty ? "" : " " + source) + "\n"
    text += margin + paint(.frame, " |") + " " + String(repeating: " ", count: left)
    text += paint(tone, String(repeating: caret, count: max(1, width))) + "\n"
    return text
  }

  /// Keeps a long line within the window: where the mark begins, how wide it is, what is shown.
  private static func cut(
    _ before: [Character], _ marked: [Character], _ after: [Character]
  ) -> (left: Int, width: Int, source: String) {
    var before = before[...]
    var marked = marked[...]
    var after = after[...]
    var ellipsis = ""
    if before.count + marked.count + after.count > window {
      if marked.count > window { marked = marked.prefix(window) }
      let room = window - marked.count
      if before.count > room / 2, before.count + marked.count + min(after.count, room / 2) > window
      {
        before = before.suffix(max(0, max(room / 2, room - after.count)))
        ellipsis = "…"
      }
      after = after.prefix(max(0, room - before.count))
    }
    let source = ellipsis + String(before) + String(marked) + String(after)
    let left = columns(before) + (ellipsis.isEmpty ? 0 : 1)
    var end = source.endIndex
    while end > source.startIndex, source[source.index(before: end)] == " " {
      end = source.index(before: end)
    }
    return (left, columns(marked), String(source[..<end]))
  }

  /// Tabs become blanks and control characters visible, so that the caret stands where it should.
  private static func printable(_ text: String) -> [Character] {
    var result: [Character] = []
    for character in text {
      guard let scalar = character.unicodeScalars.first else { continue }
      switch scalar.value {
      case 0x09: result += Array("    ")
      case 0xFEFF: break
      case 0..<0x20, 0x7F: result.append("\u{FFFD}")
      case 0x80..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: result.append("\u{FFFD}")
      default: result.append(character)
      }
    }
    return result
  }

  private static func shown(_ text: String) -> String { String(printable(text)) }

  /// Characters of East Asian scripts and pictures take two columns of a terminal.
  private static func columns(_ text: some Sequence<Character>) -> Int {
    text.reduce(0) { sum, character in
      switch character.unicodeScalars.first?.value ?? 0 {
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        sum + 2
      default: sum + 1
      }
    }
  }
}

extension SourceFile {
  /// At most that many bytes from the start of a range, whole characters only.
  fileprivate func head(of range: SourceRange, _ limit: Int) -> String {
    var end = min(range.end, range.start + limit)
    while end < range.end, end > range.start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return text(SourceRange(range.start, end))
  }

  /// At most that many bytes before the end of a range, whole characters only.
  fileprivate func tail(of range: SourceRange, _ limit: Int) -> String {
    var start = max(range.start, range.end - limit)
    while start < range.end, bytes[start] & 0xC0 == 0x80 { start += 1 }
    return text(SourceRange(start, range.end))
  }
}

/// Colours of a terminal, or none.
private struct Paint {
  enum Tone: String {
    case error = "1;31"
    case warning = "1;33"
    case frame = "1;34"
    case help = "1;36"
    case strong = "1"
  }
  let isOn: Bool

  func callAsFunction(_ tone: Tone, _ text: String) -> String {
    isOn ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }
}
