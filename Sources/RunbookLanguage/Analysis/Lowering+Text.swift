import RunbookCore

/// Where something is read, which says what it can see.
struct ReadingContext {
  enum Place {
    /// `where`: columns, inputs.
    case inventory
    /// Locks and reports: inputs and groups, no outputs.
    case beforeRun
    /// `when` and what else is asked before a statement: no host.
    case statement
    /// The forms of a step.
    case step
  }
  var place: Place
  /// The hosts of the step; nil where there is no host.
  var group: GroupID? = nil
}

/// Strings and amounts.
extension Lowering {
  /// The text of a string in which no name can stand.
  mutating func plainText(_ string: StringSyntax) -> String? {
    if let literal = string.literal { return literal }
    for case .name(let name) in string.pieces.map(\.content) { _ = use(name) }
    report(
      .literalNeeded, "no names can stand in this string", string.nameRange ?? string.range,
      help: "write it without `$`; `$$` is a dollar")
    return nil
  }

  /// A text that must say something.
  mutating func checkText(_ string: StringSyntax?, _ what: String) {
    guard let string, let text = string.literal else { return }
    if let first = text.utf8.first, first > 0x20, first < 0x80 { return }
    guard text.allSatisfy(\.isWhitespace) else { return }
    report(.outOfRange, "\(what) is empty", string.range, help: "write it between the quotes")
  }

  /// A string whose names have been checked.
  mutating func template(_ string: StringSyntax, _ context: ReadingContext) -> Template {
    var pieces: [Template.Piece] = []
    for piece in string.pieces {
      switch piece.content {
      case .text(let text): pieces.append(.text(text))
      case .name(let name):
        check(name: Name(text: name, range: piece.range), context)
        pieces.append(.name(name))
      }
    }
    return Template(pieces)
  }

  /// A name in a string or expression, read there; its type, or nil with a report.
  @discardableResult
  mutating func check(name: Name, _ context: ReadingContext) -> ValueType? {
    let text = name.text
    if let given = engineName(text, context, at: name.range) { return given }
    guard let symbol = use(text) else {
      if !scope.isDoubtful(text) {
        report(
          .unknownName, "nothing is called `\(text)`", name.range,
          help: suggestionHelp(for: text, among: readable(context))
            ?? "declare it: `input \(text)`, or `output \(text)` in an earlier step")
      }
      return nil
    }
    switch symbol.kind {
    case .secret:
      let note = Diagnostic.Note(text: "declared here", place: symbol.place)
      report(
        .wrongKind, "a secret can be read only in code", name.range,
        help: "strings and conditions are journaled and shown; use `$\(text)` in code",
        notes: [note])
      return nil
    case .output(let output):
      readInText(text, output, name.range, context, isList: false)
    case .byHost(let base):
      if case .output(let output)? = scope.values[base]?.kind {
        readInText(base, output, name.range, context, isList: true)
      }
    case .group(let group):
      if let found = group.foundIn, !scope.brokenGroups.contains(text),
        case .output(let output)? = scope.values[found.text]?.kind
      {
        readInText(found.text, output, name.range, context, isList: true)
      }
    case .value, .addresses: break
    }
    return symbol.isUntyped ? nil : symbol.type
  }

  private mutating func readInText(
    _ name: String, _ output: Symbol.Output, _ range: SourceRange, _ context: ReadingContext,
    isList: Bool
  ) {
    if context.place == .beforeRun {
      return reportMissing(name, output, .writtenLater, at: range)
    }
    noteShown(name, output, range)
    read(name, output, at: range, group: context.group, isList: isList)
  }

  /// A reading of an output that must not have taken from a secret.
  mutating func noteShown(_ name: String, _ output: Symbol.Output, _ range: SourceRange) {
    secretCandidates.readings.append(
      .init(name: name, reference: output.reference, place: Place(scope.file, range)))
  }

  private func readable(_ context: ReadingContext) -> [String] {
    let names = candidates {
      if case .secret = $0.kind { false } else { true }
    }
    let given = context.group == nil ? [] : ["host", "host_address", "host_user", "host_port"]
    return names + given
  }

  /// `host…` and `reprise_…`; nil where the name is none of them.
  private mutating func engineName(
    _ text: String, _ context: ReadingContext, at range: SourceRange
  ) -> ValueType?? {
    guard let first = text.utf8.first, first == UInt8(ascii: "h") || first == UInt8(ascii: "r")
    else { return nil }
    switch text {
    case "reprise_run", "reprise_step", "reprise_attempt": return .some(.string)
    default: break
    }
    guard text == "host" || text.hasPrefix("host_") else { return nil }
    guard context.group != nil else {
      if !scope.isDoubtful(text) { reportNoHost(text, range, context.place) }
      return .some(nil)
    }
    askColumn(text, at: range)
    return .some(.string)
  }

  mutating func reportNoHost(
    _ name: String, _ range: SourceRange, _ place: ReadingContext.Place = .step
  ) {
    if place == .statement {
      return report(
        .noHost, "`when` is asked once, before its statement, and sees no host", range,
        help: "declare a group of the hosts it is about, or ask each host: `unless` in the step")
    }
    report(
      .noHost, "there is no host here, so `\(name)` has no value", range,
      help: "`host` and `host_…` stand in steps on a group: `step … on GROUP`")
  }

  /// `host_COLUMN` beyond what every host has: the inventory is asked when the plan is bound.
  mutating func askColumn(_ name: String, at range: SourceRange) {
    guard !["host", "host_address", "host_user", "host_port"].contains(name) else { return }
    plan.questions.append(.column(String(name.dropFirst("host_".count)), origin(range)))
  }

  // MARK: - Amounts

  /// A number of at least one.
  mutating func count(_ amount: AmountSyntax) -> Amount {
    checked(amount, .int, help: "write 1 or more")
  }

  /// A duration longer than nothing.
  mutating func time(_ amount: AmountSyntax) -> Amount {
    checked(amount, .duration, help: "write a duration longer than nothing, as `30s`")
  }

  private mutating func checked(
    _ amount: AmountSyntax, _ type: ValueType, help: String
  ) -> Amount {
    switch amount {
    case .literal(let literal):
      switch literal.value {
      case .int(let number), .duration(let number):
        if number < 1 { report(.outOfRange, "this is too little", literal.range, help: help) }
        return .literal(number)
      case .string, .bool: return .literal(1)
      }
    case .name(let name):
      guard let symbol = use(name.text) else {
        if !scope.isDoubtful(name.text) {
          let inputs = candidates { $0.type == type }
          report(
            .unknownName, "nothing is called `\(name.text)`", name.range,
            help: suggestionHelp(for: name.text, among: inputs)
              ?? "write \(shown(type)), or declare `input \(name.text): \(type.rawValue)`")
        }
        return .literal(1)
      }
      guard case .value(let found) = symbol.kind else {
        report(
          .wrongKind, "`\(name.text)` is \(article(symbol.what)), not an input", name.range,
          help: "only an input is known when the run starts")
        return .literal(1)
      }
      if found != type, !symbol.isUntyped {
        report(
          .typeMismatch, "`\(name.text)` is \(shown(found)), not \(shown(type))", name.range,
          help: "declare it with the type `\(type.rawValue)`")
      } else {
        checkValue(of: symbol, name, help: help)
      }
      return .name(name.text)
    }
  }

  /// What is given for it is known now, or asked when the run starts.
  private mutating func checkValue(of symbol: Symbol, _ name: Name, help: String) {
    var value: Value?
    switch symbol.meaning {
    case .literal(let given): value = given
    case .input(let input):
      // Told and asked once, however often it stands for an amount.
      guard amounts.insert(input).inserted else { return }
      value = plan.inputs.first { $0.name == input }?.defaultValue
      plan.questions.append(.amount(input))
    case .secret, .group, .output: break
    }
    switch value {
    case .int(let number)?, .duration(let number)?:
      guard number < 1 else { return }
      report(.outOfRange, "the value of `\(name.text)` is too little", name.range, help: help)
    case .string?, .bool?, nil: return
    }
  }
}
