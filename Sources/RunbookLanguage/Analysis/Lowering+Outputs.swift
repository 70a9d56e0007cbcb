import RunbookCore

/// Outputs as the names of a file: its own, and those that the parts it uses give it.
extension Lowering {
  /// The outputs that this file writes, and those that the parts it uses give it.
  mutating func declareOutputs() {
    let outline = scope.loaded.outline
    scope.values.reserveCapacity(scope.values.count + 2 * outline.writers.count)
    var all = outline.writers.map { ownWriter($0) }
    for use in outline.uses { all += givenWriters(use) }
    // Nearly every output has one writer: only for the others is there more to look at.
    var order: [Int] = []
    var first: [String: Int] = [:]
    var others: [Int: [Writer]] = [:]
    first.reserveCapacity(all.count)
    for (index, writer) in all.enumerated() {
      if let known = first[writer.name.text] {
        others[known, default: []].append(writer)
      } else {
        first[writer.name.text] = index
        order.append(index)
      }
    }
    for index in order { declareOutput(all[index], others[index] ?? []) }
  }

  /// One step that writes an output, as the file at hand sees it. A class: it is large, and only
  /// passed on.
  private final class Writer {
    let name: Name
    let place: Place
    let reference: OutputReference
    let chain: Chain
    let group: GroupID?
    let isUntyped: Bool
    /// The use that gives it, where it is not the file's own.
    let use: String?

    init(
      name: Name, place: Place, reference: OutputReference, chain: Chain, group: GroupID?,
      isUntyped: Bool, use: String?
    ) {
      self.name = name
      self.place = place
      self.reference = reference
      self.chain = chain
      self.group = group
      self.isUntyped = isUntyped
      self.use = use
    }
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
      chain: chain, group: group, isUntyped: output.isUntyped, use: use)
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
  private mutating func declareOutput(_ first: Writer, _ others: [Writer]) {
    let name = first.name.text
    var output = Symbol.Output(
      reference: first.reference, chains: [first.chain], groups: first.group.map { [$0] } ?? [])
    for (index, writer) in others.enumerated() {
      let rival = ([first] + others[..<index]).first { !Outline.exclude($0.chain, writer.chain) }
      if let rival {
        if writer.use != nil, rival.use != nil {
          output.rivals = [rival.use ?? "", writer.use ?? ""]
        } else {
          reportRival(writer, rival)
        }
        continue
      }
      let isUntyped = writer.isUntyped || first.isUntyped
      if writer.reference.type != first.reference.type, !isUntyped {
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
      place: first.place, mustBeUsed: false,
      isUntyped: first.isUntyped || others.contains(where: \.isUntyped))
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
}
