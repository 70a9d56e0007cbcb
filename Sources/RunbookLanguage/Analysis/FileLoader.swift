import RunbookCore

/// Parses each file once, however often it is used, and gathers what is wrong with it.
struct FileLoader {
  let partNames: [String]
  private let parts: (String) -> SourceFile?
  private var loadedParts: [String: LoadedFile?] = [:]
  private(set) var sources: [SourceFile] = []
  var diagnostics = DiagnosticList()

  init(partNames: [String], parts: @escaping (String) -> SourceFile?) {
    self.partNames = partNames
    self.parts = parts
  }

  /// The file with its tree and outline; nil where not even its first words make sense.
  mutating func load(_ file: SourceFile, isSite: Bool) -> LoadedFile? {
    if !sources.contains(where: { $0.name == file.name }) { sources.append(file) }
    let (tree, parser) = Parser.parse(file, isSite: isSite)
    diagnostics.report(contentsOf: parser.diagnostics)
    guard let tree else { return nil }
    checkName(of: tree, in: file)
    let builder = OutlineBuilder(file, tree)
    diagnostics.report(contentsOf: builder.diagnostics)
    return LoadedFile(file: file, tree: tree, outline: builder.outline)
  }

  /// A part by its name. `isMissing`: there is no such file; else nil means that it was reported.
  mutating func part(_ name: String) -> (loaded: LoadedFile?, isMissing: Bool) {
    if let known = loadedParts[name] { return (known, false) }
    guard let file = parts(name) else { return (nil, true) }
    var loaded = load(file, isSite: false)
    if let tree = loaded?.tree, tree.kind != .part {
      diagnostics.report(
        Diagnostic(
          .fileName, "`\(tree.name.text)` is a runbook, not a part",
          at: Place(file, tree.name.range),
          help: "write `part \(tree.name.text) { … }`, or move it to the runbooks"))
      loaded = nil
    }
    loadedParts[name] = .some(loaded)
    return (loaded, false)
  }

  /// Parts lie in `parts/`, where `use` looks for them, and nothing else does. A file that is given
  /// without its directory may lie anywhere.
  mutating func checkPlace(of main: LoadedFile) {
    let (tree, file) = (main.tree, main.file)
    let path = file.name.split(separator: "/")
    guard path.count > 1, tree.kind != .site, tree.name.text == file.stem else { return }
    let directory = path[path.count - 2]
    guard directory != ".", directory != "..", (directory == "parts") != (tree.kind == .part)
    else { return }
    let name = tree.name.text
    diagnostics.report(
      Diagnostic(
        .fileName,
        tree.kind == .part
          ? "part `\(name)` stands outside of `parts`, where nothing finds it"
          : "`\(name)` is a runbook, and stands in `parts`",
        at: Place(file, tree.name.range),
        help: tree.kind == .part
          ? "move the file to `parts/\(name).runbook`, beside the runbooks that use it"
          : "move the file to the runbooks, or write `part \(name) { … }`"))
  }

  private mutating func checkName(of tree: FileSyntax, in file: SourceFile) {
    // A name that can't be one is reported already, with the one that it ought to be.
    guard tree.kind != .site, tree.name.text != file.stem,
      tree.name.text.utf8.allSatisfy({ isLowerLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
      )
    else { return }
    diagnostics.report(
      Diagnostic(
        .fileName, "`\(tree.name.text)` stands in a file of another name",
        at: Place(file, tree.name.range),
        help: "call it `\(file.stem)`, or the file `\(tree.name.text).runbook`"))
  }
}
