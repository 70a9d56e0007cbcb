import RunbookCore

/// Names and types.
extension Parser {
  private static let reserved: [StaticString] = ["and", "or", "not", "in", "true", "false"]

  /// `[a-z][a-z0-9_]*`: a value or a group, which become variables.
  ///
  /// - Parameter options: the words that come after it.
  mutating func valueName(
    _ what: String, before options: StaticString..., following: [Token.Kind] = []
  ) -> Name? {
    let isForgotten = isForgotten(before: options, following: following)
    return name(what, separator: UInt8(ascii: "_"), isForgotten: isForgotten)
  }

  /// `[a-z][a-z0-9-]*`: a step, phase, part or runbook.
  mutating func stepName(_ what: String, before options: StaticString...) -> Name? {
    name(what, separator: UInt8(ascii: "-"), isForgotten: isForgotten(before: options))
  }

  /// A name that is only referred to: whether it is well formed shows when it is looked up.
  mutating func reference(
    _ what: String, before options: StaticString..., beforeBlock: Bool = false,
    help: String? = nil
  ) -> Name? {
    guard isName(beforeBlock: beforeBlock), !isForgotten(before: options) else {
      expected(what, help: help)
      return nil
    }
    let name = Name(text: text(current), range: current.range)
    if isDoubtful(current) { lose(current) }
    advance()
    return name
  }

  private mutating func name(
    _ what: String, separator: UInt8, isForgotten: Bool
  ) -> Name? {
    guard current.kind == .word, !isForgotten else {
      lacksName = true
      let isQuoted = current.kind == .string
      expected(what, help: isQuoted ? "names stand without quotes" : nil)
      return nil
    }
    let token = current
    let name = Name(text: text(token), range: token.range)
    advance()
    if Self.reserved.contains(where: { isWord($0, token) }) {
      lostWords.insert(name.text)
      report(
        .reservedName, "`\(name.text)` is a word of the language, not a name", name.range,
        help: "choose another name")
    } else if !isWellFormed(token, separator: separator) {
      let better = wellFormed(name.text, separator: separator)
      lostWords.formUnion([name.text, better])
      report(
        .badName, "`\(name.text)` can't be \(what)", name.range,
        help: (separator == UInt8(ascii: "_")
          ? "names of values and groups are lower-case letters, digits and `_`"
          : "names of steps, phases, parts and runbooks are lower-case letters, digits and `-`")
          + (better.isEmpty || !name.text.utf8.allSatisfy { $0 < 0x80 } ? "" : ": `\(better)`"))
    }
    return name
  }

  private func isWellFormed(_ token: Token, separator: UInt8) -> Bool {
    guard isLowerLetter(bytes[token.start]) else { return false }
    for offset in token.start..<token.end {
      let byte = bytes[offset]
      if !isLowerLetter(byte), !isDigit(byte), byte != separator { return false }
    }
    return true
  }

  private func wellFormed(_ text: String, separator: UInt8) -> String {
    let separator = Character(UnicodeScalar(separator))
    let cleaned = text.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : separator
    }
    return String(cleaned.drop { !("a"..."z").contains($0) })
  }

  // MARK: - Types

  /// `string`, `int`, `bool` or `duration`.
  mutating func type(alsoAllowed: [String] = []) -> ValueType? {
    guard current.kind == .word else {
      expected("a type: string, int, bool or duration")
      return nil
    }
    let word = text(current)
    let range = current.range
    advance()
    if let type = ValueType(rawValue: word) { return type }
    let names = ["string", "int", "bool", "duration"] + alsoAllowed
    let nearest = Suggestion.nearest(to: word, among: names)
    report(
      .unexpectedToken, "`\(word)` is no type", range,
      help: nearest.map { "did you mean `\($0)`?" }
        ?? "types are \(names.map { "`\($0)`" }.joined(separator: ", "))")
    return nearest.flatMap(ValueType.init(rawValue:))
  }

  /// `[: TYPE] [= DEFAULT]`; where something in it has been reported, the type is not known.
  mutating func typeAndDefault(
    _ name: Name
  ) -> (type: ValueType?, value: LiteralSyntax?, isUntyped: Bool) {
    var type: ValueType?
    var isUntyped = false
    let lacksColon =
      current.kind == .word && !current.isFirstOnLine && ValueType(rawValue: text(current)) != nil
    if lacksColon { expected("`:`", help: "write `: \(text(current))`") }
    if current.kind == .colon || lacksColon {
      if !lacksColon { advance() }
      type = self.type()
      isUntyped = type == nil
    }
    let isBare = !current.isFirstOnLine && (beginsLiteral || current.kind == .equal)
    guard current.kind == .assign || isBare else { return (type, nil, isUntyped) }
    if isBare {
      let isEqual = current.kind == .equal
      report(
        .unexpectedToken, "a default stands after `=`", current.range,
        help: isEqual ? "write `=`" : "write `= \(text(current))`")
      if isEqual { advance() }
    } else {
      advance()
    }
    if let value = literal() { return (type, value, isUntyped || value.isDamaged) }
    let isName = isName() && !isWord("from")
    let near = isName ? Suggestion.nearest(to: text(current).lowercased(), among: Self.truths) : nil
    let same = isName ? Self.truths.first { $0 == text(current).lowercased() } : nil
    expected(
      "a default",
      help: (same ?? near).map { "did you mean `\($0)`?" }
        ?? (isName
          ? type == .bool
            ? "a bool is `true` or `false`" : "a default is a literal; text stands in double quotes"
          : nil))
    if isName || current.kind == .code || current.kind == .fence {
      lose(current)
      advance()
    }
    return (type, nil, type == nil)
  }

  private static let truths = ["true", "false"]
}
