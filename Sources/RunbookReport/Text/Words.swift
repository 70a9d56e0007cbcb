import RunbookCore

/// Small pieces of sentences that every screen says in the same way.
package enum Words {
  /// `1 step`, `4 steps`
  package static func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }

  /// `db-1, db-2 and db-3`; of more than `most` the first ones and how many others.
  package static func list(_ names: [String], most: Int = 5) -> String {
    if names.count > most {
      return names.prefix(most - 1).joined(separator: ", ")
        + " and \(names.count - most + 1) others"
    }
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Paragraphs with lines of at most `width` columns; a line that is indented stays as it is.
  package static func wrapped(_ text: String, width: Int = 78) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard !line.hasPrefix(" ") else { return String(line) }
      var result = ""
      var column = 0
      for word in line.split(separator: " ") {
        let length = Printable.width(word)
        if column > 0 {
          result += column + 1 + length > width ? "\n" : " "
          column = column + 1 + length > width ? 0 : column + 1
        }
        result += word
        column += length
      }
      return result
    }.joined(separator: "\n")
  }

  /// How a host is called where one must be called something.
  package static func host(_ name: String?) -> String { name ?? "this machine" }

  /// ` on db-1`; nothing for the machine that runs the engine.
  package static func place(_ hosts: [String?]) -> String {
    let names = hosts.compactMap(\.self)
    return names.isEmpty ? "" : " on " + list(names)
  }

  /// What of an action's output is not in the journal, and why.
  package static func skipped(_ length: Int, _ reason: SkipReason) -> String {
    switch reason {
    case .limit: "\(size(length)) of its output not kept (--output-limit)"
    case .secretChanged: "\(size(length)) of its output withheld: a secret has changed since"
    }
  }

  /// `copying: 12 MB of 48 MB`
  package static func copying(_ count: Int, of total: Int) -> String {
    "copying: \(size(count)) of \(size(total))"
  }

  /// `2.4 MB`, `812 bytes`
  package static func size(_ bytes: Int) -> String {
    if bytes < 1000 { return count(bytes, "byte") }
    for (unit, size) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
    where bytes >= size {
      let tenths = bytes * 10 / size
      return tenths < 100 ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(tenths / 10) \(unit)"
    }
    return ""
  }
}
