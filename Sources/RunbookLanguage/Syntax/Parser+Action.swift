import RunbookCore

/// What a step does: `run`, `write`, `stash`, `upload`, `confirm`.
extension Parser {
  mutating func action(_ form: Form, into step: StepSyntax) -> Bool {
    let keyword = current.range
    guard let action = action(form) else { return false }
    if let first = step.action {
      if first.keyword != keyword, formWord(first.keyword) != formWord(keyword) {
        report(
          .severalActions, "a step has one action, and this one is its second", keyword,
          help: "put it in a step of its own, so that each is checkpointed by itself",
          notes: [.init(text: "the first one", place: Place(file, first.keyword))])
      }
    } else {
      step.action = action
    }
    return true
  }

  func formWord(_ range: SourceRange) -> String { file.text(range) }

  private mutating func action(_ form: Form) -> ActionSyntax? {
    let keyword = current.range
    advance()
    if form == .write { return write(keyword) }
    if form == .stash { return stash(keyword) }
    if form == .run { return requiredCode("code").map { .run($0, keyword: keyword) } }
    if form == .confirm {
      return requiredString("what to confirm").map { .confirm($0, keyword: keyword) }
    }
    guard let local = requiredString("the file to copy"), require("to"),
      let path = requiredString("where to put it")
    else { return nil }
    return .upload(local, to: path, keyword: keyword)
  }

  /// `stash "GLOB" … [to "DIR"]`
  private mutating func stash(_ keyword: SourceRange) -> ActionSyntax? {
    guard let first = requiredString("what to move aside") else { return nil }
    var globs = [first]
    while current.kind == .string || current.kind == .comma {
      if current.kind == .comma {
        report(
          .unexpectedToken, "paths are separated by blanks", current.range, help: "remove the `,`")
        advance()
        continue
      }
      layout[index].insert(.softBreak)
      globs.append(string())
    }
    var directory: StringSyntax?
    var options = Options("to")
    while option(&options) != nil { directory = requiredString("a directory") }
    return .stash(globs, to: directory, keyword: keyword)
  }

  /// `write "PATH" { content CODE-or-"text" [mode "0644"] [owner "u:g"] }`
  private mutating func write(_ keyword: SourceRange) -> ActionSyntax? {
    guard let path = requiredString("the path of a file") else { return nil }
    var write = WriteSyntax(keyword: keyword, path: path)
    let range = braces(.write, title: "`write`") { parser in
      parser.writeForms(of: &write)
    }
    if range == nil { write.isDamaged = true }
    return .write(write)
  }

  private mutating func writeForms(of write: inout WriteSyntax) {
    var seen = FormSet()
    while let form = nextForm(in: .write, isDamaged: &write.isDamaged) {
      guard BlockKind.write.allows(form) else {
        write.isDamaged = true
        reportMisplaced(form, in: .write)
        skip(form)
        continue
      }
      if !seen.insert(form) { reportRepeated(form, current.range, in: "this `write`") }
      advance()
      if form == .mode {
        write.mode = requiredString("a file mode, as \"0644\"")
      } else if form == .owner {
        write.owner = requiredString("an owner, as \"user:group\"")
      } else if current.kind == .code || current.kind == .fence {
        write.content = .code(code())
      } else {
        let text = requiredString("code or a string")
        if text == nil { write.isDamaged = true }
        write.content = text.map { .text($0) }
      }
    }
  }
}
