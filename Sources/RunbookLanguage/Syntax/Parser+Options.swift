/// The words that follow a form: `within 30s every 2s lasting`.
extension Parser {
  /// The options of one form, in the order in which they are written.
  struct Options {
    let names: [String]
    var last = -1
    /// A bit for each name that has been written.
    var seen = 0
    /// A bit for each name that the form at hand does not take, so that its order is no news.
    var refused = 0

    init(_ names: String...) { self.names = names }

    func refuses(_ name: String) -> Bool {
      names.firstIndex(of: name).map { refused & (1 << $0) != 0 } ?? true
    }

    /// The names that have not been written.
    var unseen: [String] {
      names.enumerated().filter { seen & (1 << $0.offset) == 0 }.map(\.element)
    }

    static let ofCheck = Options("within", "every", "lasting", "else")
    static let ofHTTP = Options("is", "says")
    static let ofSays = Options("says")
    static let ofOutput = Options("from")
    static let ofRetry = Options("every", "up")
    static let ofStep = Options("on", "after", "when")
  }

  /// The next option of the form and its place, with the parser behind it; nil where the form ends.
  ///
  /// A misspelt option is reported and taken as meant, as are options in another order; a repeated
  /// one is reported, its second value wins.
  mutating func option(_ options: inout Options) -> (name: String, range: SourceRange)? {
    let token = current
    guard token.kind == .word else { return nil }
    // Of all forms only these two are spelt like options.
    if token.isFirstOnLine, let form = token.form, form != .on, form != .as { return nil }
    var written = options.names.firstIndex { isWord($0, token) }
    if written == nil {
      // One that has been written is not meant again.
      guard !token.isFirstOnLine, currentForm == nil,
        let near = Suggestion.nearest(to: text(token), among: options.unseen)
      else { return nil }
      report(
        .unknownForm, "`\(text(token))` is not known here", token.range,
        help: "did you mean `\(near)`?")
      written = options.names.firstIndex(of: near)
    }
    guard let position = written else { return nil }
    let word = options.names[position]
    if options.refused & (1 << position) != 0 {
      layout[index].insert(.softBreak)
      advance()
      return (word, token.range)
    }
    if options.seen & (1 << position) != 0 {
      report(.repeatedForm, "`\(word)` stands twice", token.range, help: "keep one of them")
    } else if position < options.last {
      report(
        .formOrder, "`\(word)` stands too late", token.range,
        help: "the order is \(options.names.map { "`\($0)`" }.joined(separator: ", "))")
    }
    options.seen |= 1 << position
    options.last = max(options.last, position)
    layout[index].insert(.softBreak)
    advance()
    return (word, token.range)
  }

  /// Whether that option has been written, also where its value made no sense.
  func has(_ name: String, in options: Options) -> Bool {
    options.names.firstIndex(of: name).map { options.seen & (1 << $0) != 0 } ?? false
  }

  /// A word that must follow: `of` in `first of`.
  mutating func require(_ word: String) -> Bool {
    guard current.kind == .word, !current.isFirstOnLine || text(current) == word else {
      expected("`\(word)`")
      return false
    }
    let written = text(current)
    if written != word {
      let isNear = Suggestion.nearest(to: written, among: [word]) != nil
      expected("`\(word)`", help: isNear ? "did you mean `\(word)`?" : nil)
      guard isNear else { return false }
    }
    advance()
    return true
  }

  /// One of several words that must follow.
  ///
  /// - Parameter following: what may come after it, and shows that it was forgotten.
  mutating func oneOf(_ words: [String], before following: [String] = []) -> String? {
    let shown = words.map { "`\($0)`" }
    let list =
      shown.count == 1
      ? shown[0]
      : shown.dropLast().joined(separator: ", ")
        + " or " + (shown.last ?? "")
    guard current.kind == .word, !beginsForm || words.contains(text(current)),
      !following.contains(text(current))
    else {
      expected(list)
      return nil
    }
    let written = text(current)
    if words.contains(written) {
      advance()
      return written
    }
    let near = Suggestion.nearest(to: written, among: words)
    expected(list, help: near.map { "did you mean `\($0)`?" })
    // A wrong word is no beginning of anything else.
    if near != nil || !current.isFirstOnLine {
      lose(current)
      advance()
    }
    return near
  }
}
