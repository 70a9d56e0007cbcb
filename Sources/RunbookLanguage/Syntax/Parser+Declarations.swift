import RunbookCore

/// `inventory`, `input`, `secret`, `hosts`, `shell`, `lock`, `report`, `on failure`.
extension Parser {
  mutating func inventory() -> InventorySyntax? {
    let keyword = current.range
    advance()
    guard let path = requiredString("the file of the inventory") else { return nil }
    var inventory = InventorySyntax(keyword: keyword, path: path)
    inventory.isDamaged = isDoubtful(tokens[index - 1])
    guard current.kind == .leftBrace else {
      if current.kind == .word, !current.isFirstOnLine, Self.roles.contains(text(current)) {
        inventory.isDamaged = true
        expected("`{`")
        columns(of: &inventory)
        if current.kind == .rightBrace { advance() }
      }
      return inventory
    }
    _ = braces(.write, title: "`inventory`") { parser in
      parser.columns(of: &inventory)
    }
    return inventory
  }

  private static let roles = ["name", "address", "user", "port"]

  /// `name hostname  address ip_privee`
  private mutating func columns(of inventory: inout InventorySyntax) {
    while current.kind == .word, !beginsForm {
      let role = current.range
      layout[index].insert([.pair, .softBreak])
      let reported = diagnostics.count
      guard let name = oneOf(Self.roles) else {
        inventory.isDamaged = true
        return lose(untilClosing: true)
      }
      if diagnostics.count > reported { inventory.isDamaged = true }
      guard current.kind == .word || current.kind == .string else {
        inventory.isDamaged = true
        expected("the column that holds the \(name)")
        return
      }
      let column =
        current.kind == .string
        ? Name(text: string().literal ?? "", range: tokens[index - 1].range)
        : Name(text: text(current), range: current.range)
      if current.kind == .word, current.range == column.range { advance() }
      if inventory.columns.updateValue(column, forKey: name) != nil {
        report(.repeatedForm, "`\(name)` stands twice", role, help: "keep one of them")
      }
      if current.kind == .comma {
        report(
          .unexpectedToken, "columns are separated by blanks", current.range, help: "remove the `,`"
        )
        advance()
      }
    }
    if current.kind != .rightBrace {
      inventory.isDamaged = true
      if beginsForm, let open = openBlocks.last, open.title.what == "`inventory`" {
        return report(
          .unclosedBlock, "the block of \(open.shown) is never closed", open.brace,
          help: "close it with `}`")
      }
      expected("`name`, `address`, `user`, `port` or `}`")
      while current.kind != .rightBrace, current.kind != .end, !beginsForm { advance() }
    }
  }

  mutating func input() -> InputSyntax? {
    let documentation = documentation(before: index)
    let keyword = current.range
    advance()
    guard let name = valueName("the name of an input") else { return nil }
    var input = InputSyntax(keyword: keyword, name: name, documentation: documentation)
    (input.type, input.defaultValue, input.isUntyped) = typeAndDefault(name)
    return input
  }

  mutating func secret() -> SecretSyntax? {
    let keyword = current.range
    advance()
    guard let name = valueName("the name of a secret", before: "from") else { return nil }
    var secret = SecretSyntax(keyword: keyword, name: name, source: .damaged)
    guard require("from"), let kind = oneOf(["env", "file", "command", "prompt"]) else {
      return lost(secret)
    }
    switch kind {
    case "env":
      guard let variable = requiredString("the name of a variable") else { return lost(secret) }
      secret.source = .environment(variable)
    case "file":
      guard let path = requiredString("the path of a file") else { return lost(secret) }
      var key: StringSyntax?
      var options = Options("key")
      while option(&options) != nil { key = requiredString("the key of a line") }
      secret.source = .file(path, key: key)
    case "command":
      guard let code = requiredCode("the command that prints the secret") else {
        return lost(secret)
      }
      secret.source = .command(code)
    case _: secret.source = .prompt
    }
    return secret
  }

  /// The name is declared even where its source makes no sense.
  private mutating func lost(_ secret: SecretSyntax) -> SecretSyntax {
    lostWords.insert(secret.name.text)
    recover()
    return secret
  }

  mutating func hosts() -> HostsSyntax? {
    let documentation = documentation(before: index)
    let keyword = current.range
    advance()
    guard let name = valueName("the name of a group", before: "where", "is", "in") else {
      return nil
    }
    if name.text == "failure" {
      lostWords.insert(name.text)
      report(
        .reservedName, "no group can be called `failure`", name.range,
        help: "`on failure` says what happens when something fails; choose another name")
    }
    var hosts = HostsSyntax(
      keyword: keyword, name: name, selection: .damaged, documentation: documentation)
    switch oneOf(["where", "is", "in"]) {
    case "where": hosts.selection = .condition(expression())
    case "is":
      var names: [StringSyntax] = []
      repeat {
        if !names.isEmpty {
          advance()
          layout[index].insert(.softBreak)
        }
        guard let name = requiredString("the name of a host") else {
          recover()
          break
        }
        names.append(name)
      } while current.kind == .comma
      if !names.isEmpty { hosts.selection = .names(names) } else { lostWords.insert(name.text) }
    case "in":
      guard let group = reference("the group to look in"), require("from"), require("output"),
        let output = reference("the name of an output")
      else {
        lostWords.insert(name.text)
        recover()
        break
      }
      hosts.selection = .found(within: group, output: output)
    case _:
      lostWords.insert(name.text)
      recover()
    }
    return hosts
  }

  mutating func shell() -> (CodeSyntax, SourceRange)? {
    let keyword = current.range
    advance()
    return requiredCode("code").map { ($0, keyword) }
  }

  mutating func lock() -> LockSyntax? {
    let keyword = current.range
    advance()
    guard let text = requiredString("the text of the lock") else { return nil }
    var lock = LockSyntax(keyword: keyword, text: text)
    var options = Options("on")
    while !beginsOnFailure, option(&options) != nil {
      lock.group = reference("the name of a group")
    }
    return lock
  }

  mutating func reportDeclaration() -> ReportSyntax? {
    let keyword = current.range
    advance()
    guard let path = requiredString("the path of the report") else { return nil }
    var report = ReportSyntax(keyword: keyword, path: path)
    var options = Options("section", "language", "on")
    while !beginsOnFailure, !(isWord("on") && has("on", in: options)),
      let option = option(&options)
    {
      switch option.name {
      case "section": report.section = requiredString("the name of the section")
      case "language":
        let range = current.range
        report.language = oneOf(["en", "fr"], before: ["on"]).map { Name(text: $0, range: range) }
      case _: report.group = reference("the name of a group")
      }
    }
    return report
  }

  private var beginsOnFailure: Bool { isWord("on") && isWord("failure", next) }

  /// `on failure stop | rollback | continue`
  mutating func onFailure() -> FailurePolicy? {
    advance()
    guard require("failure") else { return nil }
    return oneOf(["stop", "rollback", "continue"]).flatMap(FailurePolicy.init(rawValue:))
  }
}
