import RunbookCore

/// Turns the tokens of a file into its syntax tree; mistakes are reported and parsing goes on.
///
/// Each mistake is reported once. What could not be understood is left out of the tree, its block
/// marked as damaged and its words kept, so that nothing is said about what may have stood there.
struct Parser {
  let file: SourceFile
  /// Those of the file, within reach.
  let bytes: [UInt8]
  let tokens: [Token]
  let comments: [Comment]
  var index = 0
  var diagnostics: [Diagnostic] = []
  var lostWords: Set<String> = []
  /// Whether something was expected and missing, which may have used any name.
  var lacksSomething = false
  /// Whether the name of something is missing, so that any unknown name may be meant for it.
  var lacksName = false
  /// What the formatter needs to know about each token.
  var layout: [Layout]
  var openBlocks: [OpenBlock] = []
  /// The first block whose closing brace stands further left than its opening line.
  var suspect: OpenBlock?
  /// Whether the end of the file has been reported as unexpected.
  var hasReportedEnd: Bool
  /// Lines whose quotes are the mistake, whatever else seems wrong there.
  let brokenLines: Set<Int>

  static let depthLimit = 64

  struct OpenBlock {
    var brace: SourceRange
    var title: BlockTitle
    var shown: String { title.shown }
  }

  /// How a block is spoken of, put together only where it is.
  struct BlockTitle: ExpressibleByStringInterpolation {
    var what: String
    var name: String?

    init(stringLiteral what: String) { self.what = what }

    init(_ what: String, _ name: String) {
      self.what = what
      self.name = name
    }

    var shown: String { name.map { "\(what) `\($0)`" } ?? what }
  }

  /// Where lines begin and may be broken.
  struct Layout: OptionSet {
    let rawValue: UInt8
    static let item = Layout(rawValue: 1)
    static let softBreak = Layout(rawValue: 2)
    static let blockOpen = Layout(rawValue: 4)
    static let blockClose = Layout(rawValue: 8)
    /// A parenthesis that belongs to the name before it.
    static let call = Layout(rawValue: 16)
    /// The first of two words that belong together.
    static let pair = Layout(rawValue: 32)
  }

  init(_ file: SourceFile) {
    let lexer = Lexer.lex(file)
    self.file = file
    bytes = file.bytes
    tokens = lexer.tokens
    comments = lexer.comments
    diagnostics = lexer.diagnostics
    hasReportedEnd = lexer.hasOpenEnd
    brokenLines = lexer.brokenLines
    layout = Array(repeating: [], count: lexer.tokens.count)
  }

  /// The tree of a whole file, nil where not even its first word makes sense.
  static func parse(_ file: SourceFile, isSite: Bool) -> (tree: FileSyntax?, parser: Parser) {
    var parser = Parser(file)
    let tree = isSite ? parser.site() : parser.definition()
    return (tree, parser)
  }

  private mutating func site() -> FileSyntax? {
    let start = SourceRange(0, 0)
    var tree = FileSyntax(
      kind: .site, name: Name(text: "site", range: start), title: nil, documentation: "")
    parseItems(of: .site, into: &tree.body)
    if current.kind != .end { trailing(after: "the site file") }
    note(in: &tree)
    return tree
  }

  /// `runbook NAME "title" { … }` or `part NAME(…) { … }`, and nothing beside it.
  private mutating func definition() -> FileSyntax? {
    let documentation = documentation(before: index)
    guard let kind = fileKind() else { return nil }
    layout[index].insert(.item)
    advance()
    guard let name = stepName("the name of the \(kind == .runbook ? "runbook" : "part")") else {
      lose(from: index)
      return nil
    }
    var tree = FileSyntax(kind: kind, name: name, title: nil, documentation: documentation)
    if kind == .part, current.kind == .leftParenthesis { tree.parameters = parameters() }
    if current.kind == .string { tree.title = string() }
    let shown = "\(kind == .runbook ? "runbook" : "part") `\(name.text)`"
    let blockKind: BlockKind = kind == .runbook ? .runbook : .part
    tree.body = block(blockKind, title: BlockTitle(stringLiteral: shown))
    if current.kind != .end { trailing(after: shown) }
    note(in: &tree)
    return tree
  }

  /// What is not in the tree, so that nothing is said about what may have stood there.
  private func note(in tree: inout FileSyntax) {
    tree.lostWords = lostWords
    tree.lacksSomething = lacksSomething
    tree.lacksName = lacksName
    tree.lacksBrace = hasReportedEnd
  }

  private mutating func fileKind() -> FileSyntax.Kind? {
    if isWord("runbook") { return .runbook }
    if isWord("part") { return .part }
    let found = current
    if found.kind == .end {
      if !hasReportedEnd {
        report(
          .unexpectedToken, "this file is empty", found.range,
          help: "begin with `runbook NAME \"title\" { … }`")
      }
      return nil
    }
    let word = found.kind == .word ? text(found) : ""
    let nearest = Suggestion.nearest(to: word, among: ["runbook", "part"])
    let isSiteForm = found.form.map(BlockKind.site.allows) ?? false
    report(
      .unexpectedToken, "a file begins with `runbook` or `part`, not with \(shown(found))",
      found.range,
      help: nearest.map { "did you mean `\($0)`?" }
        ?? (isSiteForm
          ? "put declarations inside of the runbook's braces, or in site.runbook"
          : "write `runbook NAME \"title\" { … }`"))
    if let nearest { return nearest == "part" ? .part : .runbook }
    lose(from: index)
    return nil
  }

  /// `(a, g: hosts, s: secret, n: int)`
  private mutating func parameters() -> [ParameterSyntax] {
    var result: [ParameterSyntax] = []
    let open = current
    layout[index].insert(.call)
    advance()
    while current.kind != .rightParenthesis {
      if isUnclosed(open) { return result }
      guard let name = valueName("the name of a parameter") else {
        lose(untilClosing: true)
        return result
      }
      var parameter = ParameterSyntax(name: name, kind: .value(.string))
      if current.kind == .colon {
        advance()
        let kind = parameterKind()
        parameter.kind = kind ?? parameter.kind
        parameter.isDamaged = kind == nil
      }
      if current.kind == .assign {
        parameter.isDamaged = true
        report(
          .unexpectedToken, "a parameter has no default", current.range,
          help: "each `use` gives its value; a value for all is an `input` of the runbook")
        advance()
        _ = literal()
      }
      result.append(parameter)
      if current.kind == .comma {
        advance()
        layout[index].insert(.softBreak)
      } else if current.kind != .rightParenthesis {
        if isUnclosed(open) { return result }
        expected("`,` or `)`")
        lose(untilClosing: true)
        return result
      }
    }
    advance()
    return result
  }

  private mutating func parameterKind() -> ParameterSyntax.Kind? {
    if isWord("hosts") || isWord("secret") {
      defer { advance() }
      return isWord("hosts") ? .hosts : .secret
    }
    return type(alsoAllowed: ["hosts", "secret"]).map { .value($0) }
  }

  /// What stands after the one thing that a file holds.
  private mutating func trailing(after shown: String) {
    if !hasReportedEnd {
      let isBrace = current.kind == .rightBrace
      report(
        .trailingContent,
        isBrace ? "this `}` closes nothing" : "nothing may follow \(shown) in its file",
        current.range,
        help: isBrace
          ? "remove it, or look for a `}` too many above"
          : "one file holds one runbook or part; is there a `}` too many above?")
    }
    lose(from: index)
  }
}
