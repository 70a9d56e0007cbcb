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
    _ kind: Symbol.Kind, _ meaning: NameTable.Meaning, _ what: String, _ name: Name,
    isUntyped: Bool = false
  ) -> Symbol {
    Symbol(
      kind: kind, meaning: meaning, what: what, place: Place(scope.file, name.range),
      mustBeUsed: scope.loaded.tree.kind != .site, isUntyped: isUntyped)
  }

  private mutating func declare(_ input: InputSyntax) {
    let type = input.type ?? input.defaultValue?.value.type ?? .string
    if !input.isUntyped { checkDefault(input.defaultValue, type) }
    declare(
      input.name,
      symbol(
        .value(type), .input(input.name.text), "input", input.name, isUntyped: input.isUntyped))
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

  // MARK: - Content

  /// Lowers what stands behind the names.
  mutating func lowerDeclarations() {
    let declarations = scope.loaded.tree.body.declarations
    for case .shell(let code, _) in declarations { addShell(code) }
    scope.shellReach = ShellFunction.reach(of: scope.shellFunctions)
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
        if syntax.isDamaged || syntax.path.literal == nil { hasLostInventory = true }
      case .secret(let secret): lower(secret)
      case .hosts(let hosts): lower(hosts)
      case .lock(let lock): lower(lock)
      case .report(let syntax): lower(syntax)
      case .input, .shell: break
      }
    }
  }

  private mutating func lower(_ inventory: InventorySyntax) -> InventoryDeclaration {
    checkText(inventory.path, "the path of the inventory")
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
    case .environment(let variable):
      checkVariable(variable)
      source = .environment(plainText(variable) ?? "")
    case .file(let path, let key):
      checkText(path, "the path of the file")
      checkText(key, "the key")
      source = .file(plainText(path) ?? "", key: key.flatMap { plainText($0) })
    case .command(let code): source = .command(lower(code, .init(role: .secret)))
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
    case .names(let names):
      let texts = names.compactMap { plainText($0) }
      // Of one without its quotes nothing is known.
      if texts.contains("?") { return }
      selection = .names(texts)
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
    checkText(lock.text, "the text of the lock")
    let name = template(lock.text, .init(place: .beforeRun))
    let group = lock.group.flatMap { self.group($0, hasFound: false) }
    plan.locks.append(
      LockDeclaration(
        name: name, group: group?.id, environment: scope.environment, origin: origin(lock.keyword)))
  }

  private mutating func lower(_ syntax: ReportSyntax) {
    checkText(syntax.path, "the path of the report")
    checkText(syntax.section, "the name of the section")
    let path = template(syntax.path, .init(place: .beforeRun))
    let group = syntax.group.flatMap { self.group($0, hasFound: false) }
    plan.reports.append(
      ReportDeclaration(
        path: path, section: syntax.section.flatMap { plainText($0) },
        language: syntax.language?.text ?? "en", group: group?.id,
        environment: scope.environment, origin: origin(syntax.keyword)))
  }
}
