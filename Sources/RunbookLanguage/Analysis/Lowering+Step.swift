import RunbookCore

/// Steps: their forms, and which of them go together.
extension Lowering {
  mutating func lower(_ syntax: StepSyntax) -> Step {
    let path = scope.prefix + syntax.name.text
    let origin = origin(syntax.name.range)
    let title = syntax.title.flatMap { plainText($0) }
    let when = syntax.when.flatMap { condition($0, .init(place: .statement)) }
    // A group that could not be resolved must not make `$host` an error on top.
    let group = syntax.group.map { self.group($0)?.id ?? $0.text }
    scope.chain.links.append(
      .init(
        node: syntax.keyword.start, kind: .step(continues: false), child: 0, isConditional: false))
    let context = ReadingContext(place: .step, group: group)
    let requires = lower(syntax.requires, role: .check, context)
    let unless = lower(syntax.unless, role: .openGuard, context)
    let action = syntax.action.map { lower($0, context) }
    let checks = lower(syntax.checks, role: .check, context)
    let rollback = lower(syntax.rollback, of: syntax, context)
    let outputs = syntax.outputs.map { lower($0, of: syntax, path: path, context) }
    let retry = syntax.retry.map { retry in
      Retry(
        attempts: count(retry.attempts), every: retry.every.map { time($0) },
        upTo: retry.upTo.map { time($0) })
    }
    let timeout = syntax.timeout.map { time($0.amount) }
    let user = syntax.user.map { template($0, context) }
    checkUser(syntax.user)
    if !syntax.isDamaged { checkForms(of: syntax) }
    scope.chain.links.removeLast()
    return Step(
      path: path, name: syntax.name.text, title: title, documentation: syntax.documentation,
      group: group, when: when, requires: requires, unless: unless, action: action,
      checks: checks, rollback: rollback, outputs: outputs, retry: retry, timeout: timeout,
      user: user, rerunIfInterrupted: syntax.rerunIfInterrupted != nil,
      onFailure: syntax.onFailure ?? .stop, environment: scope.environment, origin: origin)
  }

  // MARK: - What goes together

  private mutating func checkForms(of step: StepSyntax) {
    let isEmpty =
      step.action == nil && step.requires.isEmpty && step.checks.isEmpty && step.rollback == nil
      && step.outputs.isEmpty && step.unless.isEmpty
    if isEmpty {
      return report(
        .emptyBlock, "step `\(step.name.text)` does nothing", step.name.range,
        help: "write `run` with its code, or a `check`")
    }
    // What follows may stand in code without its end.
    if case .run(let code, let keyword)? = step.action, step.rollback == nil, !code.isDamaged {
      report(
        .missingRollback, "step `\(step.name.text)` does not say how it is undone", keyword,
        help: "add `rollback` with the code that undoes it, or `no rollback \"why\"`")
    }
    checkRollback(of: step)
    if let action = step.action {
      if case .run = action { return }
      if let rerun = step.rerunIfInterrupted {
        report(
          .needsAction, "`if interrupted rerun` needs `run`", rerun,
          help: "other actions can be started again anyway; remove it")
      }
      if case .confirm = action { checkConfirm(step) }
      return
    }
    var forms: [(String, SourceRange)] = []
    if let retry = step.retry { forms.append(("retry", retry.keyword)) }
    if let timeout = step.timeout, step.rollback == nil {
      forms.append(("timeout", timeout.keyword))
    }
    if let rerun = step.rerunIfInterrupted { forms.append(("if interrupted rerun", rerun)) }
    if let first = step.unless.first { forms.append(("unless", first.range)) }
    for (form, range) in forms {
      report(
        .needsAction, "`\(form)` needs an action, and this step has none", range,
        help: form == "retry" ? "to ask until it holds, write `check … within 30s`" : "remove it")
    }
  }

  /// A person is asked on no host, for as long as it takes, and once.
  private mutating func checkConfirm(_ step: StepSyntax) {
    let isAlone =
      step.requires.isEmpty && step.unless.isEmpty && step.checks.isEmpty && step.outputs.isEmpty
    var forms: [(String, SourceRange)] = []
    if let timeout = step.timeout { forms.append(("timeout", timeout.keyword)) }
    // What is asked beside it is asked again, and as that user.
    if isAlone, let retry = step.retry { forms.append(("retry", retry.keyword)) }
    if isAlone, let user = step.user { forms.append(("as", user.range)) }
    for (form, range) in forms {
      report(
        .needsAction, "`\(form)` needs something that runs, and `confirm` asks a person", range,
        help: "remove it, or put it into the step whose action it is about")
    }
  }

  private mutating func checkRollback(of step: StepSyntax) {
    guard let rollback = step.rollback, let keyword = rollback.keyword else { return }
    var isRefused = false
    if case .refused = rollback { isRefused = true }
    switch step.action {
    case .run?: return
    case nil:
      guard isRefused else { return }
      report(
        .needlessRollback, "there is nothing to undo in a step that only looks", keyword,
        help: "remove it")
    case .confirm?:
      report(
        .needlessRollback, "there is nothing to undo in a `confirm`", keyword, help: "remove it")
    case .write?, .stash?, .upload?:
      guard !isRefused else { return }
      report(
        .needlessRollback, "`\(scope.file.text(step.action?.keyword ?? keyword))` undoes itself",
        keyword,
        help: "put what else is to be undone into a step of its own that only has a `rollback`")
    }
  }

  // MARK: - Forms

  private mutating func lower(
    _ rollback: RollbackSyntax?, of step: StepSyntax, _ context: ReadingContext
  ) -> Rollback {
    switch rollback {
    case .code(let code, let checks, _)?:
      let lowered = lower(code, CodeContext(role: .action, group: context.group))
      return .code(lowered, checks: lower(checks, role: .check, context))
    case .refused(let reason, _)?:
      checkText(reason, "the reason")
      return .refused(plainText(reason) ?? "")
    case .damaged?: return .notNeeded
    case nil:
      switch step.action {
      case .write?, .stash?, .upload?: return .byAction
      case .run?, .confirm?, nil: return .notNeeded
      }
    }
  }

  private mutating func lower(
    _ output: OutputSyntax, of step: StepSyntax, path: StepPath, _ context: ReadingContext
  ) -> OutputDeclaration {
    let name = output.name.text
    let type = output.type ?? output.defaultValue?.value.type ?? .string
    if !output.isUntyped { checkDefault(output.defaultValue, type) }
    let source = output.source.map {
      lower($0, CodeContext(role: .action, group: context.group))
    }
    if output.source == nil, !step.isDamaged { checkSource(of: output, step) }
    secretCandidates.writings.append(
      .init(
        step: path, name: name, hasSource: source != nil, type: type,
        place: Place(scope.file, output.name.range)))
    var isByHost = false
    if let group = step.group, case .group(let symbol)? = scope.values[group.text]?.kind {
      isByHost = !symbol.isOneByName
    }
    return OutputDeclaration(
      name: name, type: type, defaultValue: output.defaultValue?.value, source: source,
      isByHost: isByHost, origin: origin(output.name.range))
  }

  private mutating func checkSource(of output: OutputSyntax, _ step: StepSyntax) {
    guard case .run? = step.action else {
      return report(
        .outputSource, "`\(output.name.text)` has nothing to come from", output.name.range,
        help: "a step without `run` says it: `output \(output.name.text) from` and its code")
    }
  }

  private mutating func lower(_ action: ActionSyntax, _ context: ReadingContext) -> Action {
    switch action {
    case .run(let code, _): return .run(lower(code, .init(role: .action, group: context.group)))
    case .write(let write): return lower(write, context)
    case .stash(let globs, let directory, _):
      for glob in globs { checkPath(glob, isMoved: true) }
      if let directory { checkPath(directory, isMoved: false) }
      return .stash(
        globs: globs.map { template($0, context) }, to: directory.map { template($0, context) })
    case .upload(let local, let path, _):
      checkText(local, "the file to copy")
      checkPath(path, isMoved: false)
      checkFile(path)
      return .upload(local: template(local, context), path: template(path, context))
    case .confirm(let text, _):
      checkText(text, "what to confirm")
      return .confirm(template(text, context))
    }
  }

  private mutating func lower(_ write: WriteSyntax, _ context: ReadingContext) -> Action {
    checkPath(write.path, isMoved: false)
    checkFile(write.path)
    var content = Action.Content.text(Template(text: ""))
    switch write.content {
    case .code(let code)?:
      content = .code(lower(code, .init(role: .action, group: context.group)))
    case .text(let text)?: content = .text(template(text, context))
    case nil:
      if !write.isDamaged {
        report(
          .emptyBlock, "this `write` has no content", write.keyword,
          help: "add `content` with a string, or with code that prints it")
      }
    }
    let mode = write.mode.flatMap { plainText($0) }
    if let mode, let range = write.mode?.range, mode != "?", !isMode(mode) {
      report(
        .outOfRange, "`\(mode)` is no file mode", range,
        help: "write three or four octal digits, as \"0644\"")
    }
    let owner = write.owner.flatMap { plainText($0) }
    if let owner, let range = write.owner?.range, owner != "?", !isOwner(owner) {
      report(
        .outOfRange, "`\(owner)` is no owner", range,
        help: "write \"user\", \"user:group\" or \":group\"")
    }
    return .write(path: template(write.path, context), content: content, mode: mode, owner: owner)
  }

  private mutating func checkUser(_ user: StringSyntax?) {
    guard let user, let text = user.literal, text != "?" else { return }
    let isName =
      !text.isEmpty && !text.hasPrefix("-") && !text.utf8.contains { $0 <= 0x20 || $0 == 0x2F }
    if isName { return }
    report(
      .outOfRange, "`\(text)` is no user", user.range, help: "write the name of a user of the host")
  }

  private func isMode(_ text: String) -> Bool {
    (3...4).contains(text.utf8.count)
      && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
  }

  private func isOwner(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.contains { !$0.isEmpty }
      && !text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "/") }
  }
}
