import RunbookCore

/// Numbers and durations of forms: literals, or names of inputs.
extension Parser {
  /// A number of something, or the name of an input.
  mutating func count(_ what: String) -> AmountSyntax? {
    if current.kind == .integer, let literal = literal() { return .literal(literal) }
    if current.kind == .duration {
      report(
        .unexpectedToken, "expected \(what), found \(shown(current))", current.range,
        help: "write it without a unit")
      advance()
      return .literal(LiteralSyntax(value: .int(1), range: tokens[index - 1].range))
    }
    return amountName(what, else: .int(1))
  }

  /// A duration, or the name of an input.
  mutating func time(_ what: String) -> AmountSyntax? {
    if current.kind == .duration, let literal = literal() { return .literal(literal) }
    if current.kind == .integer {
      let token = current
      advance()
      if !token.isDamaged {
        report(
          .durationUnit, "a duration needs a unit", token.range,
          help: "write `\(text(token))s`, or one of the units `ms`, `m`, `h`")
      }
      return .literal(LiteralSyntax(value: .duration(1000), range: token.range))
    }
    return amountName(what, else: .duration(1000))
  }

  /// - Parameter value: where another literal stands.
  private mutating func amountName(_ what: String, else value: Value) -> AmountSyntax? {
    guard isName(), !beginsOption else {
      expected(what, help: current.kind == .string ? "write it without quotes" : nil)
      guard stepsOverLiteral() else { return nil }
      return .literal(LiteralSyntax(value: value, range: tokens[index - 1].range))
    }
    let name = Name(text: text(current), range: current.range)
    advance()
    return .name(name)
  }

  /// Whether the option that follows something forgotten stands here; alone it is a name.
  var beginsOption: Bool { isOption(at: index) }

  private static let timed: [StaticString] = ["within", "every", "up", "to"]

  func isOption(at index: Int) -> Bool {
    let token = tokens[index]
    let next = tokens[min(index + 1, tokens.count - 1)]
    if isWord("else", token) { return next.kind == .string }
    if isWord("lasting", token) { return ![.equal, .unequal].contains(next.kind) }
    guard Self.timed.contains(where: { isWord($0, token) }), !next.isFirstOnLine else {
      return false
    }
    return [.duration, .integer, .word].contains(next.kind)
  }

  /// Whether a token is not what was meant: one on a line with a missing quote may be anything.
  func isDoubtful(_ token: Token) -> Bool {
    token.isDamaged
      || !brokenLines.isEmpty && brokenLines.contains(file.line(at: token.start))
  }
}
