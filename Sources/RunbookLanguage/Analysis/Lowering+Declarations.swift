import RunbookCore

/// The declarations of a file: first their names, so that any may refer to any, then their content.
extension Lowering {
  // MARK: - Names

  /// Makes every name of the file known: inputs, secrets, groups, then outputs.
  mutating func declareAll() {
    let tree = scope.loaded.tree
    for declaration in tree.body.declarations {
      switch declaration {
      case .input(let input): declare(input)
      case .secret(let secret): declare(secret)
      case .hosts(let hosts): declare(hosts)
      case .inventory, .shell, .lock, .report: break
      }
    }
    for hosts in scope.loaded.outline.found { declare(hosts) }
    declareOutputs()
  }

  private func symbol(
    _ kind: Symbol.Kind, _ meaning: NameTable.Meaning, _ what: String, _ name: Name
  ) -> Symbol {
    Symbol(
      kind: kind, meaning: meaning, what: what, place: Place(scope.file, name.range),
      mustBeUsed: scope.loaded.tree.kind != .site)
  }

  private mutating func declare(_ input: InputSyntax) {
    let type = input.type ?? input.defaultValue?.value.type ?? .string
    checkDefault(input.defaultValue, type)
    declare(input.name, symbol(.value(type), .input(input.name.text), "input", input.name))
    guard !plan.inputs.contains(where: { $0.name == input.name.text }) else { return }
    plan.inputs.append(
      InputDeclaration(
        name: input.name.text, type: type, defaultValue: input.defaultValue?.value,
        documentation: input.documentation, origin: origin(input.name.range)))
  }

  mutating func checkDefault(_ value: LiteralSyntax?, _ type: ValueType) {
    guard let value, value.value.type != type else { return }
    report(
      .typeMismatch, "the default is \(shown(value.value.type)), not \(shown(type))", value.range,
      help: literalHelp(type))
  }

  func shown(_ type: ValueType) -> String {
    switch type {
    case .string: "a string"
    case .int: "a number"
    case .bool: "true or false"
    case .duration: "a duration"
    }
  }

  func literalHelp(_ type: ValueType) -> String {
    switch type {
    case .string: "text stands in double quotes"
    case .int: "write a whole number without a unit"
    case .bool: "write `true` or `false`"
    case .duration: "write a number with a unit: `500ms`, `30s`, `5m`, `2h`"
    }
  }

  private mutating func declare(_ secret: SecretSyntax) {
    let id = scope.filePrefix + secret.name.text
    declare(secret.name, symbol(.secret, .secret(id), "secret", secret.name))
  }

  private mutating func declare(_ hosts: HostsSyntax) {
    let id = scope.filePrefix + hosts.name.text
    var group = Symbol.Group(id: id, isOneByName: false, foundIn: nil)
    switch hosts.selection {
    case .names(let names): group.isOneByName = names.count == 1
    case .found(_, let output): group.foundIn = output
    case .condition, .damaged: break
    }
    declare(hosts.name, symbol(.group(group), .group(id), "group", hosts.name))
  }

  // MARK: - Outputs

  /// The outputs that this file writes, and those that the parts it uses give it.
  private mutating func declareOutputs() {
    var writers: [String: [Writer]] = [:]
    var order: [String] = []
    let outline = scope.loaded.outline
    for writer in outline.writers {
      let name = writer.output.name.text
      if writers[name] == nil { order.append(name) }
      writers[name, default: []].append(ownWriter(writer))
    }
    for use in outline.uses {
      for writer in givenWriters(use) {
        if writers[writer.name.text] == nil { order.append(writer.name.text) }
        writers[writer.name.text, default: []].append(writer)
      }
    }
    for name in order { declareOutput(name, writers[name] ?? []) }
  }

  /// One step that writes an output, as the file at hand sees it.
  private struct Writer {
    var name: Name
    var place: Place
    var reference: OutputReference
    var chain: Chain
    var group: GroupID?
    /// The use that gives it, where it is not the file's own.
    var use: String?
  }

  private func ownWriter(_ writer: Outline.Writer) -> Writer {
    let group = writer.group.flatMap { name -> Symbol.Group? in
      if case .group(let group)? = scope.values[name.text]?.kind { group } else { nil }
    }
    return make(
      writer, in: scope.file, path: scope.prefix + writer.path, chain: writer.chain,
      group: group?.id, isByHost: writer.group != nil && !(group?.isOneByName ?? true))
  }

  private func make(
    _ writer: Outline.Writer, in file: SourceFile, path: String, chain: Chain, group: GroupID?,
    isByHost: Bool, use: String? = nil
  ) -> Writer {
    let output = writer.output
    let type = output.type ?? output.defaultValue?.value.type ?? .string
    let reference = OutputReference(
      writers: [path], name: output.name.text, type: type,
      defaultValue: output.defaultValue?.value, isByHost: isByHost)
    return Writer(
      name: output.name, place: Place(file, output.name.range), reference: reference,
      chain: chain, group: group, use: use)
  }

  /// The outputs of a used part's own steps.
  private mutating func givenWriters(_ use: Outline.Use) -> [Writer] {
    guard let part = loader.part(use.syntax.part.text).loaded else {
      scope.isIncomplete = true
      return []
    }
    scope.lostWords.formUnion(part.tree.lostWords)
    let alias = (use.syntax.alias ?? use.syntax.part).text
    return part.outline.writers.map { writer in
      let group = writer.group.flatMap { usedGroup($0.text, in: part, use) }
      var chain = use.chain
      chain.links += writer.chain.links
      return make(
        writer, in: part.file, path: scope.prefix + alias + "/" + writer.path, chain: chain,
        group: group?.id, isByHost: writer.group != nil && !(group?.isOneByName ?? true),
        use: alias)
    }
  }

  /// What a group's name within a part means for this use of it.
  private func usedGroup(
    _ name: String, in part: LoadedFile, _ use: Outline.Use
  ) -> Symbol.Group? {
    if part.tree.parameters.contains(where: { $0.name.text == name }) {
      let argument = use.syntax.arguments.first { $0.name.text == name }
      guard case .name(let given)? = argument?.value,
        case .group(let group)? = scope.values[given.text]?.kind
      else { return nil }
      return group
    }
    let alias = (use.syntax.alias ?? use.syntax.part).text
    for declaration in part.tree.body.declarations {
      guard case .hosts(let hosts) = declaration, hosts.name.text == name else { continue }
      var isOne = false
      if case .names(let names) = hosts.selection { isOne = names.count == 1 }
      return .init(id: scope.prefix + alias + "/" + name, isOneByName: isOne, foundIn: nil)
    }
    if part.outline.found.contains(where: { $0.name.text == name }) {
      return .init(id: scope.prefix + alias + "/" + name, isOneByName: false, foundIn: nil)
    }
    guard case .group(let group)? = siteValue(name)?.kind else { return nil }
    return group
  }

  /// Several writers are right only as alternatives of one `first of`; two uses that give one name
  /// are an error only where it is read.
  private mutating func declareOutput(_ name: String, _ writers: [Writer]) {
    guard let first = writers.first else { return }
    var output = Symbol.Output(reference: first.reference)
    output.reference.writers = []
    for (index, writer) in writers.enumerated() {
      let rival = writers[..<index].first { !Outline.exclude($0.chain, writer.chain) }
      if let rival {
        if writer.use != nil, rival.use != nil {
          output.rivals = [rival.use ?? "", writer.use ?? ""]
        } else {
          reportRival(writer, rival)
        }
        continue
      }
      if writer.reference.type != first.reference.type {
        report(
          .typeMismatch,
          "`\(name)` is \(shown(writer.reference.type)) here and \(shown(first.reference.type)) "
            + "in another alternative", writer.name.range, help: "give both the same type")
      }
      output.reference.writers += writer.reference.writers
      output.reference.defaultValue =
        output.reference.defaultValue ?? writer.reference.defaultValue
      output.reference.isByHost = output.reference.isByHost || writer.reference.isByHost
      output.chains.append(writer.chain)
      if let group = writer.group, !output.groups.contains(group) { output.groups.append(group) }
    }
    let symbol = Symbol(
      kind: .output(output), meaning: .output(output.reference), what: "output",
      place: first.place, mustBeUsed: false)
    let range = first.use == nil ? first.name.range : useRange(first.use ?? "")
    declare(Name(text: name, range: range), symbol)
  }

  private mutating func reportRival(_ writer: Writer, _ rival: Writer) {
    let ownRange = writer.use == nil ? writer.name.range : useRange(writer.use ?? "")
    report(
      .outputWrittenTwice, "`\(writer.name.text)` is written by two steps", ownRange,
      help: "name them differently; only alternatives of one `first of` may write the same output",
      notes: [.init(text: "the first one", place: rival.place)])
  }

  private func useRange(_ name: String) -> SourceRange {
    let use = scope.loaded.outline.uses.first {
      ($0.syntax.alias ?? $0.syntax.part).text == name
    }
    return (use?.syntax.alias ?? use?.syntax.part)?.range ?? SourceRange(0, 0)
  }

  // MARK: - Content

  /// Lowers what stands behind the names.
  mutating func lowerDeclarations() {
    let declarations = scope.loaded.tree.body.declarations
    for case .shell(let code, _) in declarations { addShell(code) }
    var inventory: SourceRange?
    for declaration in declarations {
      switch declaration {
      case .inventory(let syntax):
        if let first = inventory {
          report(
            .repeatedForm, "`inventory` stands twice in this file", syntax.keyword,
            help: "keep one of them",
            notes: [.init(text: "the first one", place: Place(scope.file, first))])
        }
        inventory = inventory ?? syntax.keyword
        plan.inventory = lower(syntax)
      case .secret(let secret): lower(secret)
      case .hosts(let hosts): lower(hosts)
      case .lock(let lock): lower(lock)
      case .report(let syntax): lower(syntax)
      case .input, .shell: break
      }
    }
  }

  /// `shell` reads inputs and groups freely, an output only where it has a default.
  private mutating func addShell(_ code: CodeSyntax) {
    guard !code.isDamaged else { return }
    scope.shell += (scope.shell.isEmpty ? "" : "\n") + code.text
    scope.shellAssigned.formUnion(ShellCode(code.text).assigned)
    _ = lower(code, .init(role: .shell))
  }

  private mutating func lower(_ inventory: InventorySyntax) -> InventoryDeclaration {
    let path = plainText(inventory.path) ?? ""
    func column(_ role: String) -> String? {
      inventory.columns[role].map { Inventory.cleaned($0.text) }
    }
    return InventoryDeclaration(
      path: path, nameColumn: column("name"), addressColumn: column("address"),
      userColumn: column("user"), portColumn: column("port"), origin: origin(inventory.path.range))
  }

  private mutating func lower(_ secret: SecretSyntax) {
    let source: SecretDeclaration.Source
    switch secret.source {
    case .environment(let variable): source = .environment(plainText(variable) ?? "")
    case .file(let path, let key):
      source = .file(plainText(path) ?? "", key: key.flatMap { plainText($0) })
    case .command(let code): source = .command(lower(code, .init(role: .action)))
    case .prompt: source = .prompt
    case .damaged: return
    }
    plan.secrets.append(
      SecretDeclaration(
        id: scope.filePrefix + secret.name.text, name: secret.name.text, source: source,
        environment: scope.environment, origin: origin(secret.name.range)))
  }

  private mutating func lower(_ hosts: HostsSyntax) {
    let selection: GroupDeclaration.Selection
    switch hosts.selection {
    case .condition(let syntax):
      guard let condition = condition(syntax, .init(place: .inventory)) else { return }
      selection = .condition(condition)
    case .names(let names): selection = .names(names.compactMap { plainText($0) })
    case .found, .damaged: return
    }
    add(hosts, selection)
  }

  /// Remembers a group; it goes into the plan when something uses it.
  mutating func add(_ hosts: HostsSyntax, _ selection: GroupDeclaration.Selection) {
    let id = scope.filePrefix + hosts.name.text
    guard groups[id] == nil else { return }
    groups[id] = GroupDeclaration(
      id: id, name: hosts.name.text, selection: selection, documentation: hosts.documentation,
      environment: scope.environment, origin: origin(hosts.name.range))
    groupOrder.append(id)
  }

  private mutating func lower(_ lock: LockSyntax) {
    let name = template(lock.text, .init(place: .beforeRun))
    let group = lock.group.flatMap { self.group($0, hasFound: false) }
    plan.locks.append(
      LockDeclaration(
        name: name, group: group?.id, environment: scope.environment, origin: origin(lock.keyword)))
  }

  private mutating func lower(_ syntax: ReportSyntax) {
    let path = template(syntax.path, .init(place: .beforeRun))
    let group = syntax.group.flatMap { self.group($0, hasFound: false) }
    plan.reports.append(
      ReportDeclaration(
        path: path, section: syntax.section.flatMap { plainText($0) },
        language: syntax.language?.text ?? "en", group: group?.id,
        environment: scope.environment, origin: origin(syntax.keyword)))
  }
}
