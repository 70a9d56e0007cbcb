import RunbookCore

/// Gives every name a meaning and turns trees into the plan, with parts put in their place.
///
/// It goes through the files in the order of execution and reports whatever is wrong on the way;
/// what it makes of a file with errors is thrown away by the compiler.
struct Lowering {
  var loader: FileLoader
  var plan: Plan
  /// The file at hand; that of a part while its use is lowered.
  var scope: FileScope
  private let main: LoadedFile
  private let site: LoadedFile?
  /// What the site declares, by name, for every file.
  private var siteValues: [String: Symbol] = [:]
  private var siteWords = WordTable()
  /// The scope of the site file, whose `shell` stands before all other code.
  private var siteScope: FileScope?
  /// The parts whose uses are being lowered, outermost first.
  var activeParts: [String] = []
  /// Where each of them is used; a part that is checked by itself is used nowhere.
  var activeUses: [Place?] = []
  /// Groups by their identifiers; those that something uses go into the plan.
  var groups: [GroupID: GroupDeclaration] = [:]
  var usedGroups: Set<GroupID> = []
  /// Parts that are nowhere: told once each.
  var missingParts: Set<String> = []
  var secretCandidates = SecretCandidates()
  /// Inputs that stand for a number or duration of some form.
  var amounts: Set<String> = []
  /// Whether the inventory could not be understood, so that nothing can be said about groups.
  var hasLostInventory = false
  private var statementCount = 0
  /// Where the last origin was: the next one is near.
  private var lastLine = 0

  /// Steps in one plan: beyond this, parts use parts without end in sight.
  private static let statementLimit = 200_000

  init(_ loader: FileLoader, site: LoadedFile?, main: LoadedFile) {
    self.loader = loader
    self.site = site
    self.main = main
    let file = main.file
    plan = Plan(
      name: main.tree.name.text, documentation: main.tree.documentation,
      origin: file.origin(at: main.tree.name.range.start))
    scope = FileScope(main, prefix: "", environment: 0)
  }

  mutating func run() -> Plan? {
    plan.environments = [NameTable()]
    // A runbook may be called like a part that it uses.
    if main.tree.kind == .part {
      activeParts = [main.tree.name.text]
      activeUses = [nil]
    }
    if let site {
      scope = FileScope(site, prefix: "", environment: 0)
      declareAll()
      lowerDeclarations()
      siteValues = scope.values.mapValues { $0.with(mustBeUsed: false) }
      siteScope = scope
      siteWords = scope.words
      let siteUses = scope.used
      open(main, prefix: "", environment: 0, parameters: standIns(for: main))
      scope.used.formUnion(siteUses)
    } else {
      open(main, prefix: "", environment: 0, parameters: standIns(for: main))
    }
    plan.title = main.tree.title.flatMap { plainText($0) }
    declareAll()
    lowerDeclarations()
    if main.tree.kind != .site {
      plan.onFailure = main.tree.body.onFailure ?? .stop
      plan.body = statements(main.tree.body.statements)
      checkUnused()
    }
    plan.environments[0] = nameTable()
    let isDamaged = main.tree.body.isDamaged || site?.tree.body.isDamaged ?? false
    if plan.inventory == nil, isDamaged { hasLostInventory = true }
    collect()
    checkSecretOutputs()
    return main.tree.kind == .runbook ? plan : nil
  }

  // MARK: - Scopes

  /// Begins a file: the site's names and its own parameters are known.
  mutating func open(
    _ loaded: LoadedFile, prefix: String, environment: Int, parameters: [String: Symbol]
  ) {
    scope = FileScope(loaded, prefix: prefix, environment: environment)
    scope.values = siteValues
    scope.words = siteWords
    if let siteScope { scope.takeShell(of: siteScope) }
    if let site {
      scope.lostWords.formUnion(site.tree.lostWords)
      if site.tree.lacksName { scope.isIncomplete = true }
    }
    for parameter in loaded.tree.parameters {
      guard let symbol = parameters[parameter.name.text] else {
        let name = parameter.name.text
        scope.lostWords.formUnion([name, name + "_addresses", name + "_by_host"])
        continue
      }
      declare(parameter.name, symbol)
    }
  }

  /// What the parameters of a part mean while it is checked by itself.
  private func standIns(for loaded: LoadedFile) -> [String: Symbol] {
    var symbols: [String: Symbol] = [:]
    for parameter in loaded.tree.parameters where !parameter.isDamaged {
      let name = parameter.name.text
      let kind: Symbol.Kind
      let meaning: NameTable.Meaning
      switch parameter.kind {
      case .value(let type): (kind, meaning) = (.value(type), .input(name))
      case .secret: (kind, meaning) = (.secret, .secret(name))
      case .hosts:
        // It may turn out to be one host, so that nothing is said about outputs by host.
        kind = .group(.init(id: name, isOneByName: true, foundIn: nil))
        meaning = .group(name)
      }
      symbols[name] = Symbol(
        kind: kind, meaning: meaning, what: "parameter",
        place: Place(loaded.file, parameter.name.range), mustBeUsed: true)
    }
    return symbols
  }

  /// The name table of the file at hand: every value, and the groups and secrets it uses.
  func nameTable() -> NameTable {
    var table = NameTable(shell: scope.shell)
    table.meanings.reserveCapacity(scope.values.count)
    for (name, symbol) in scope.values {
      switch symbol.kind {
      case .addresses, .byHost: break
      case .group, .secret:
        if scope.used.contains(name) { table.meanings[name] = symbol.meaning }
      case .value, .output:
        if isInPlan(name, symbol) { table.meanings[name] = symbol.meaning }
      }
    }
    return table
  }

  /// An input of the site without a default need not be given to runbooks that do not use it.
  private func isInPlan(_ name: String, _ symbol: Symbol) -> Bool {
    guard case .input(let input) = symbol.meaning else { return true }
    return plan.inputs.contains { $0.name == input && ($0.defaultValue != nil || isUsed(input)) }
      || main.tree.kind != .runbook
  }

  private func isUsed(_ input: String) -> Bool {
    usedInputs.contains(input) || scope.used.contains(input)
  }

  /// Inputs that parts read through parameters or by the site's names.
  var usedInputs: Set<String> = []

  /// Leaves out of the plan what the site declares and nothing uses.
  private mutating func collect() {
    let siteName = site?.file.name
    usedInputs.formUnion(scope.used)
    plan.inputs.removeAll {
      $0.origin.file == siteName && $0.defaultValue == nil && !usedInputs.contains($0.name)
    }
    plan.secrets.removeAll { $0.origin.file == siteName && !usedSecrets.contains($0.id) }
    plan.groups = groupOrder.compactMap { usedGroups.contains($0) ? groups[$0] : nil }
  }

  var usedSecrets: Set<SecretID> = []
  /// Groups in the order of their declarations.
  var groupOrder: [GroupID] = []

  func siteValue(_ name: String) -> Symbol? { siteValues[name] }

  // MARK: - Reports

  mutating func report(
    _ code: DiagnosticCode, _ summary: String, _ range: SourceRange, help: String? = nil,
    notes: [Diagnostic.Note] = []
  ) {
    loader.diagnostics.report(
      Diagnostic(code, summary, at: Place(scope.file, range), help: help, notes: notes))
  }

  mutating func origin(_ range: SourceRange) -> Origin {
    let line = scope.file.line(at: range.start, near: &lastLine)
    return scope.file.origin(at: range.start, onLine: line)
  }

  /// Counts a statement; false once there are too many, which is reported once.
  mutating func count(_ range: SourceRange) -> Bool {
    statementCount += 1
    if statementCount == Self.statementLimit + 1 {
      report(
        .tooLarge, "this runbook has more than \(Self.statementLimit) statements", range,
        help: "a part that uses parts which use parts multiplies; use fewer")
    }
    return statementCount <= Self.statementLimit
  }

  /// Whatever is declared in this file and never used.
  mutating func checkUnused() {
    if scope.loaded.tree.lacksSomething { return }
    for (name, symbol) in scope.values where symbol.mustBeUsed && !scope.used.contains(name) {
      if scope.lostWords.contains(name) { continue }
      loader.diagnostics.report(
        Diagnostic(
          .unused, "\(symbol.what) `\(name)` is never used", at: symbol.place,
          help: "remove it, or use it"))
    }
  }
}
