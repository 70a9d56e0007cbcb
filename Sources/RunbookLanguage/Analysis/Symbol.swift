import RunbookCore

/// What one name of a file means to whoever reads it. A class, since a symbol is passed on wherever
/// its name is read, and never changes.
final class Symbol: Sendable {
  enum Kind: Sendable {
    /// An input, or a parameter that stands for a value known before the run.
    case value(ValueType)
    case secret
    case group(Group)
    case output(Output)
    /// `db_addresses` of the group `db`.
    case addresses(of: String)
    /// `leader_by_host` of the output `leader`.
    case byHost(of: String)
  }
  struct Group: Sendable {
    var id: GroupID
    /// Declared as `is "one name"`: outputs of its steps are one value.
    var isOneByName: Bool
    /// The output in which its hosts are found while running.
    var foundIn: Name?
  }
  struct Output: Sendable {
    var reference: OutputReference
    /// Where its writers stand; empty for a parameter, which was checked where it was given.
    var chains: [Chain] = []
    /// The groups whose hosts write it.
    var groups: [GroupID] = []
    /// The uses that give an output of this name, where there are several.
    var rivals: [String] = []
  }

  let kind: Kind
  let meaning: NameTable.Meaning
  /// As it is spoken of: `input`, `parameter`, `group`.
  let what: String
  let place: Place
  /// Declared in the file at hand, so that it must be used there.
  let mustBeUsed: Bool
  /// Whether what is wrong with its type has been told where it is declared.
  let isUntyped: Bool

  init(
    kind: Kind, meaning: NameTable.Meaning, what: String, place: Place, mustBeUsed: Bool,
    isUntyped: Bool = false
  ) {
    self.kind = kind
    self.meaning = meaning
    self.what = what
    self.place = place
    self.mustBeUsed = mustBeUsed
    self.isUntyped = isUntyped
  }

  /// The same but for what is given.
  func with(
    kind: Kind? = nil, what: String? = nil, place: Place? = nil, mustBeUsed: Bool
  ) -> Symbol {
    Symbol(
      kind: kind ?? self.kind, meaning: meaning, what: what ?? self.what,
      place: place ?? self.place, mustBeUsed: mustBeUsed, isUntyped: isUntyped)
  }

  /// The type it has in an expression; nil for secrets.
  var type: ValueType? {
    switch kind {
    case .value(let type): type
    case .secret: nil
    case .group, .addresses, .byHost: .string
    case .output(let output): output.reference.type
    }
  }
}

/// A file with all that was found out about it before it is used.
struct LoadedFile {
  var file: SourceFile
  var tree: FileSyntax
  var outline: Outline
}

/// The names of one file in one use, and where in it the lowering stands.
struct FileScope {
  var loaded: LoadedFile
  /// What comes before the names of its groups, secrets and steps: `precheck/`.
  let filePrefix: String
  /// The same with the phases around the statement at hand.
  var prefix: String
  /// The index of its name table in the plan.
  var environment: Int
  /// Declared by `declare` and by nothing else.
  var values: [String: Symbol] = [:]
  /// The names of the values, for words in code: 1 for secrets, 0 for all others.
  var words = WordTable()
  /// Whether the functions before its code mention a secret.
  var shellTakesSecret = false
  var used: Set<String> = []
  /// Names about which nothing can be said, since something that may declare them is lost.
  var lostWords: Set<String> = []
  /// Whether a part it uses or a declaration's name is missing, which may have given any name.
  var isIncomplete = false
  /// What `shell` declares in reach, the site's first.
  var shell = ""
  var shellAssigned: Set<String> = []
  /// The functions among it, by name.
  var shellFunctions: [String: ShellFunction] = [:]
  /// Those of them that can't be called everywhere, with what they call.
  var shellReach: [String: ShellFunction] = [:]
  /// Whether it takes names from elsewhere, by `eval` or `.`.
  var shellSetsAnything = false
  /// Groups found while running whose output may be missing, which has been told.
  var brokenGroups: Set<String> = []
  /// Where the statement at hand stands.
  var chain: Chain

  init(_ loaded: LoadedFile, prefix: String, environment: Int) {
    self.loaded = loaded
    filePrefix = prefix
    self.prefix = prefix
    self.environment = environment
    lostWords = loaded.tree.lostWords
    isIncomplete = loaded.tree.lacksName
    let continues = loaded.tree.body.onFailure == .continue
    chain = Chain(links: [
      .init(node: -1, kind: .sequence(continues: continues), child: 0, isConditional: false)
    ])
  }

  var file: SourceFile { loaded.file }

  /// Begins with what another file declared by `shell`.
  mutating func takeShell(of other: FileScope) {
    shell = other.shell
    shellAssigned = other.shellAssigned
    shellFunctions = other.shellFunctions
    shellReach = other.shellReach
    shellSetsAnything = other.shellSetsAnything
    shellTakesSecret = other.shellTakesSecret
  }

  /// Whether a mistake about the name may only follow from another one.
  func isDoubtful(_ name: String) -> Bool { isIncomplete || lostWords.contains(name) }
}
