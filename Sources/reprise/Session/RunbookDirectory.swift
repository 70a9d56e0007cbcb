import RunbookCore
import RunbookLanguage

/// A directory of runbooks: `NAME.runbook`, `site.runbook`, `parts/`. The only place that knows how
/// they lie beside each other.
struct RunbookDirectory {
  let path: String

  /// A runbook with everything that it is made of.
  struct Loaded {
    var plan: Plan
    var sources: [SourceFile]
    /// Warnings.
    var diagnostics: [Diagnostic]
  }

  var names: [String] { TextFile.runbooks(in: path).filter { $0 != "site" } }

  /// The directory and the file that a person means: a name, or a path that ends in `.runbook`.
  static func find(
    _ runbook: String, in directory: String
  ) throws(CommandError) -> (directory: RunbookDirectory, file: String) {
    if runbook.hasSuffix(".runbook") {
      return (RunbookDirectory(of: runbook), runbook)
    }
    let own = RunbookDirectory(path: directory)
    let file = Path.join(directory, runbook + ".runbook")
    guard TextFile.exists(file) else {
      throw .noSuchRunbook(runbook, directory: directory, known: own.names)
    }
    return (own, file)
  }

  init(path: String) { self.path = path }

  /// The directory that a file belongs to: for one in `parts/`, that around it.
  init(of file: String) {
    let around = Path.directory(of: file)
    path = Path.name(of: around) == "parts" ? Path.directory(of: around) : around
  }

  /// Compiles a file with the site's and the parts that it uses.
  ///
  /// - Throws: `unreadable`; mistakes are part of the result.
  func compile(_ file: String) throws(CommandError) -> Compiler.Result {
    let main = try TextFile.read(file)
    LargePages.prepare(forText: main.bytes.count)
    let sitePath = Path.join(path, "site.runbook")
    let site = TextFile.exists(sitePath) ? try TextFile.read(sitePath) : nil
    let parts = Path.join(path, "parts")
    var failure: CommandError?
    let result = Compiler.compile(
      file: main, site: site, partNames: TextFile.runbooks(in: parts)
    ) { name in
      let part = Path.join(parts, name + ".runbook")
      guard TextFile.exists(part) else { return nil }
      do throws(CommandError) {
        return try TextFile.read(part)
      } catch {
        failure = error
        return nil
      }
    }
    if let failure { throw failure }
    return result
  }

  /// The plan of a runbook without mistakes.
  func load(_ file: String) throws(CommandError) -> Loaded {
    let result = try compile(file)
    guard let plan = result.plan else { throw .mistakes(result.diagnostics) }
    return Loaded(plan: plan, sources: result.sources, diagnostics: result.diagnostics)
  }

  /// The inventory of a plan: the declared one, as seen from the file that declares it, or
  /// `override`, as seen from here. A plan without groups needs none.
  static func inventory(
    of plan: Plan, sources: [SourceFile], override: String?
  ) throws(CommandError) -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    guard !plan.groups.isEmpty else { return (nil, []) }
    let declared =
      plan.inventory
      ?? override.map { InventoryDeclaration(path: $0, origin: plan.origin) }
    guard let declared else { return (nil, []) }
    let path =
      override ?? Path.join(Path.directory(of: declared.origin.file), declared.path)
    let file = try TextFile.read(
      path,
      help: override == nil
        ? "\(declared.origin.place) names it; --inventory FILE gives another one"
        : "give the path of an inventory, as seen from here")
    return Inventory.parse(file, declaration: declared, sources: sources)
  }

  /// A plan with its hosts and inputs; warnings beside it.
  static func bind(
    _ loaded: Loaded, inventory override: String?, inputs: [String: String]
  ) throws(CommandError) -> (binding: Binding, warnings: [Diagnostic]) {
    let (inventory, mistakes) = try inventory(
      of: loaded.plan, sources: loaded.sources, override: override)
    if mistakes.contains(where: \.isError) { throw .mistakes(mistakes) }
    let (binding, diagnostics) = Binder.bind(
      loaded.plan, inventory: inventory, inputs: inputs, sources: loaded.sources)
    guard let binding else { throw .mistakes(diagnostics) }
    return (binding, loaded.diagnostics + mistakes + diagnostics)
  }
}
