import RunbookCore

/// Questions with three answers.
extension Parser {
  /// `[not] SUBJECT [within D [every D]] [lasting] [else "what to do"]`; options that the form does
  /// not take are reported and left out.
  mutating func check(_ takes: CheckOptions, of form: Form) -> CheckSyntax? {
    let start = current.range
    let first = index
    let isNegated = isNegation
    if isNegated { advance() }
    guard let subject = subject() else { return nil }
    let range = SourceRange(start.start, max(start.end, tokens[max(0, index - 1)].end))
    var words = ""
    if case .code = subject {} else { words = self.words(tokens[first..<index]) }
    var within: AmountSyntax?
    var every: AmountSyntax?
    var isLasting = false
    var remedy: StringSyntax?
    var options = Options.ofCheck
    options.refused = takes.symmetricDifference(.all).rawValue
    while let option = option(&options) {
      // Without `within` there is nothing to do every now and then: both are one mistake.
      let isTold = option.name == "every" && within != nil
      if options.refuses(option.name), !isTold {
        report(
          .misplacedForm, "\(form.shown) takes no `\(option.name)`", option.range,
          help: optionHelp(option.name, form))
      }
      switch option.name {
      case "within": within = time("a duration")
      case "every":
        every = time("a duration")
        if !has("within", in: options), takes.contains(.every) {
          report(
            .formOrder, "`every` needs `within`", option.range,
            help: "write `within 30s every 2s`")
        }
      case "lasting": isLasting = true
      case _: remedy = requiredString("what to do")
      }
    }
    return CheckSyntax(
      subject: subject, isNegated: isNegated, within: within, every: every, isLasting: isLasting,
      remedy: remedy, range: range, words: words)
  }

  /// The options that a form takes after its check, by their places in `Options.ofCheck`.
  struct CheckOptions: OptionSet {
    let rawValue: Int
    static let within = CheckOptions(rawValue: 1)
    static let every = CheckOptions(rawValue: 2)
    static let lasting = CheckOptions(rawValue: 4)
    static let remedy = CheckOptions(rawValue: 8)
    static let all: CheckOptions = [.within, .every, .lasting, .remedy]
  }

  private func words(_ tokens: ArraySlice<Token>) -> String {
    var text = ""
    var isTight = true
    for token in tokens {
      if !isTight, token.kind != .rightParenthesis { text += " " }
      text += self.text(token)
      isTight = token.kind == .leftParenthesis
    }
    return text
  }

  private func optionHelp(_ option: String, _ form: Form) -> String {
    if option == "else" { return "it stands after `require` and `check`" }
    if option == "lasting" { return "only the `check` of a step is asked again by resume" }
    return "to wait for something, put it in a step of its own before: `check … \(option) …`"
  }

  /// Whether a `not` stands here that belongs to the check, not to its expression.
  private var isNegation: Bool {
    guard isWord("not") else { return false }
    let after = tokens[min(index + 2, tokens.count - 1)]
    return isQuestion(next, after: after) || isMisspelt(next, after) || isOption(at: index + 1)
  }

  private mutating func subject() -> CheckSyntax.Subject? {
    if beginsOption {
      expected("a check", help: "a check is code, `tcp`, `http` or an expression")
      return .damaged
    }
    if isMisspelt(current, next) { return misspelt() }
    switch current.kind {
    case .code, .fence:
      let code = code()
      return .code(code, says: says())
    case .word where isQuestion(current, after: next):
      let isTCP = isWord("tcp")
      advance()
      let address = string()
      return isTCP ? .tcp(address) : http(address)
    case .word
    where isWord("tcp") && next.kind == .word && !next.isFirstOnLine
      && tokens[min(index + 2, tokens.count - 1)].kind == .colon:
      advance()
      expected("an address, as \"db-1:5432\"", help: "text stands in double quotes")
      while !current.isFirstOnLine, current.form == nil,
        [.word, .colon, .integer].contains(current.kind)
      {
        lose(current)
        advance()
      }
      return .damaged
    case .word where isWord("http") && (isWord("is", next) || isWord("says", next)):
      advance()
      expected("an address, as \"http://db-1:8008/\"")
      _ = http(StringSyntax(pieces: [], range: current.range))
      return .damaged
    case .string where comparisonOperator(next) != nil: return .expression(expression())
    case .string:
      let token = current
      let text = file.text(token.range)
      let address = string()
      if token.isDamaged { return .damaged }
      report(
        .unexpectedToken, "expected a check, found a string", token.range,
        help: text.contains("://")
          ? "write `http \(text)`" : "code stands between backticks: `` `command` ``")
      _ = http(address)
      return .damaged
    case .word, .integer, .duration, .leftBrace, .rightBrace, .leftParenthesis, .rightParenthesis,
      .comma, .colon, .assign, .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual,
      .end:
      guard
        isName() || current.kind == .leftParenthesis
          || current.kind == .integer || current.kind == .duration
      else {
        expected("a check", help: "a check is code, `tcp`, `http` or an expression")
        return nil
      }
      return .expression(expression())
    }
  }

  /// Whether a word stands before code or a string, where only `not`, `tcp` and `http` can.
  private func isMisspelt(_ token: Token, _ following: Token) -> Bool {
    guard token.kind == .word, !following.isFirstOnLine,
      [.code, .fence, .string].contains(following.kind)
    else { return false }
    return !isWord("not", token) && !isQuestion(token, after: following)
      && !(token.isFirstOnLine && token.form != nil)
  }

  private mutating func misspelt() -> CheckSyntax.Subject? {
    let isCode = next.kind != .string
    let near = Suggestion.nearest(to: text(current), among: isCode ? ["not"] : ["tcp", "http"])
    expected(
      "a check",
      help: near.map { "did you mean `\($0)`?" }
        ?? "a check is code, `tcp`, `http` or an expression")
    lose(current)
    advance()
    if isCode {
      _ = code()
      _ = says()
    } else {
      _ = http(string())
    }
    return .damaged
  }

  /// Whether a check begins here that `not` can stand before.
  private func isQuestion(_ token: Token, after following: Token) -> Bool {
    switch token.kind {
    case .code, .fence: true
    case .word: (isWord("tcp", token) || isWord("http", token)) && following.kind == .string
    case .string, .integer, .duration, .leftBrace, .rightBrace, .leftParenthesis,
      .rightParenthesis, .comma, .colon, .assign, .equal, .unequal, .less, .lessOrEqual, .greater,
      .greaterOrEqual, .end:
      false
    }
  }

  /// `http "url" [is 200] [says "…"]`
  private mutating func http(_ url: StringSyntax) -> CheckSyntax.Subject {
    var status: LiteralSyntax?
    var words: StringSyntax?
    var options = Options.ofHTTP
    while let option = option(&options) {
      if option.name == "says" {
        words = requiredString("what it says")
      } else {
        status = requiredInteger("a status, as 200")
      }
    }
    return .http(url, status: status, says: words)
  }

  private mutating func says() -> StringSyntax? {
    guard current.kind == .word, current.form == nil else { return nil }
    var words: StringSyntax?
    var options = Options.ofSays
    while !isAnyOption, option(&options) != nil { words = requiredString("what it says") }
    return words
  }

  /// `says` must not take a word for a misspelling of itself that is an option of the check.
  private var isAnyOption: Bool {
    isWord("within") || isWord("every") || isWord("lasting") || isWord("else")
  }
}
