import RunbookCore

/// Declaring names and looking them up.
extension Lowering {
  /// Gives a name its meaning; one that already has another is reported and keeps it.
  mutating func declare(_ name: Name, _ symbol: Symbol) {
    let text = name.text
    if text == "host" || text.hasPrefix("host_") || text.hasPrefix("reprise_") {
      scope.lostWords.insert(text)
      return report(
        .reservedName, "`\(text)` is given by the engine", name.range,
        help: "`host`, `host_…` and `reprise_…` are set for every step; choose another name")
    }
    guard claim(text, symbol, at: name.range) else { return }
    switch symbol.kind {
    case .group:
      _ = claim(text + "_addresses", derived(symbol, .addresses(of: text)), at: name.range)
    case .output(let output) where output.reference.isByHost:
      _ = claim(text + "_by_host", derived(symbol, .byHost(of: text)), at: name.range)
    case .value, .secret, .output, .addresses, .byHost: break
    }
  }

  private func derived(_ symbol: Symbol, _ kind: Symbol.Kind) -> Symbol {
    symbol.with(kind: kind, mustBeUsed: false)
  }

  private mutating func claim(_ name: String, _ symbol: Symbol, at range: SourceRange) -> Bool {
    guard let known = scope.values.updateValue(symbol, forKey: name) else {
      if case .secret = symbol.kind { scope.words.add(name, 1) } else { scope.words.add(name, 0) }
      return true
    }
    scope.values[name] = known
    let new = symbol.with(place: Place(scope.file, range), mustBeUsed: symbol.mustBeUsed)
    var (first, second) = (known, new)
    // Names of one kind are declared before those of the next: the later in the text is reported.
    if known.place.file === scope.file, range.start < known.place.range.start {
      (first, second) = (second, first)
    }
    let note = Diagnostic.Note(text: "it is \(article(first.what)) here", place: first.place)
    report(
      .twoMeanings, "`\(name)` would mean two things", second.place.range,
      help: "choose another name", notes: [note])
    return false
  }

  func article(_ what: String) -> String {
    "\("aeiou".contains(what.first ?? "x") ? "an" : "a") \(what)"
  }

  /// The symbol of a name, marked as used.
  mutating func use(_ name: String) -> Symbol? {
    guard let symbol = scope.values[name] else { return nil }
    // Names are read far more often than there are names.
    guard scope.used.insert(name).inserted else { return symbol }
    switch symbol.kind {
    case .addresses(let base), .byHost(let base): scope.used.insert(base)
    case .value, .secret, .group, .output: break
    }
    switch symbol.meaning {
    case .input(let input): usedInputs.insert(input)
    case .secret(let id): usedSecrets.insert(id)
    case .group(let id): usedGroups.insert(id)
    case .literal, .output: break
    }
    return symbol
  }

  /// "Did you mean", or nil; what was meant counts as used, so that a misspelling is one mistake.
  mutating func suggestion(for word: String, among names: [String]) -> String? {
    guard let near = Suggestion.nearest(to: word, among: names) else {
      // It is declared nowhere: one mistake, wherever else it is read.
      scope.lostWords.insert(word)
      return nil
    }
    _ = use(near)
    // Where the declaration is misspelt, every other place is right.
    scope.lostWords.insert(word)
    return near
  }

  mutating func suggestionHelp(for word: String, among names: [String]) -> String? {
    suggestion(for: word, among: names).map { "did you mean `\($0)`?" }
  }

  /// Candidates for "did you mean", in a stable order.
  func candidates(_ condition: (Symbol) -> Bool = { _ in true }) -> [String] {
    scope.values.filter { condition($0.value) }.keys.sorted()
  }

  // MARK: - Groups

  /// The group that a form names, or nil with a report.
  mutating func group(_ name: Name, hasFound: Bool = true) -> Symbol.Group? {
    guard let symbol = use(name.text) else {
      if !scope.isDoubtful(name.text) {
        let groups = candidates {
          if case .group = $0.kind { true } else { false }
        }
        report(
          .unknownGroup, "no group is called `\(name.text)`", name.range,
          help: suggestionHelp(for: name.text, among: groups)
            ?? "declare it: `hosts \(name.text) where …` or `hosts \(name.text) is \"…\"`")
      }
      return nil
    }
    guard case .group(let group) = symbol.kind else {
      let note = Diagnostic.Note(text: "declared here", place: symbol.place)
      report(
        .wrongKind, "`\(name.text)` is \(article(symbol.what)), not a group of hosts", name.range,
        help: "a group is declared with `hosts`", notes: [note])
      return nil
    }
    if let output = group.foundIn {
      guard hasFound else {
        report(
          .wrongKind, "`\(name.text)` is found only while running", name.range,
          help: "name a group that is known before")
        return nil
      }
      readFound(output, of: name)
    }
    return group
  }

  /// Using a group that is found while running reads its output there.
  private mutating func readFound(_ output: Name, of group: Name) {
    guard case .output(let found)? = scope.values[output.text]?.kind,
      !scope.brokenGroups.contains(group.text)
    else { return }
    read(output.text, found, at: group.range, group: nil, isList: true)
  }

  // MARK: - Outputs

  /// Reading an output: it must be sure to have a value, and one for the host that reads it.
  ///
  /// - Parameters:
  ///   - group: the hosts of the step that reads it; nil where there is no host.
  ///   - isList: whether the values of all hosts are read.
  mutating func read(
    _ name: String, _ output: Symbol.Output, at range: SourceRange, group: GroupID?, isList: Bool
  ) {
    if !output.rivals.isEmpty {
      let uses = output.rivals.map { "`\($0)`" }.joined(separator: " and ")
      return report(
        .outputWrittenTwice, "`\(name)` is given by \(uses)", range,
        help: "name the outputs of the parts differently")
    }
    if output.reference.isByHost, !isList, group == nil {
      return report(
        .outputByHost, "each host has its own `\(name)`, and there is no host here", range,
        help: "read `\(name)_by_host`: a line `HOST<tab>VALUE` for each host")
    }
    guard output.reference.defaultValue == nil else { return }
    if !output.chains.isEmpty,
      let reason = scope.loaded.outline.reasonMissing(output.chains, before: scope.chain)
    {
      return reportMissing(name, output, reason, at: range)
    }
    guard output.reference.isByHost, !isList, let group, !output.groups.contains(group),
      !output.groups.isEmpty
    else { return }
    plan.questions.append(
      .ownOutput(name, readers: group, writers: output.groups, origin(range)))
  }

  mutating func reportMissing(
    _ name: String, _ output: Symbol.Output, _ reason: MissingReason, at range: SourceRange
  ) {
    let writer = output.reference.writers.first ?? ""
    let why =
      switch reason {
      case .writtenLater: "`\(writer)`, which writes it, comes later"
      case .ownStep: "a step can't read what it writes itself"
      case .condition: "`\(writer)` or a block around it may be left out by its `when` or `unless`"
      case .otherAlternative: "`\(writer)` is in another alternative of `first of`"
      case .notEveryAlternative: "not every alternative of `first of` writes it"
      case .parallel: "`\(writer)` runs in parallel; wait for it with `after`"
      case .continues: "`\(writer)` may have failed before, under `on failure continue`"
      case .foreignShell: "`shell` stands before code that runs earlier than `\(writer)`"
      }
    let place = scope.values[name].map { [Diagnostic.Note(text: "written here", place: $0.place)] }
    report(
      .outputMissing, "`\(name)` may have no value here", range,
      help: "\(why); or give it a default: `output \(name) = …`", notes: place ?? [])
  }
}
