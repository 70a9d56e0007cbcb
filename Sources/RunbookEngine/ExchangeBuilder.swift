import RunbookCore

/// Makes the frames of a task from its step: what the host is asked, in which order.
package struct ExchangeBuilder {
  package var state: RunState
  package var vault: SecretVault
  /// Milliseconds after which a check without `within`, or an `output from`, is ended.
  static let defaultLimit = 60_000
  /// As long as the checksum of a very large file may take.
  static let checksumLimit = 1_800_000

  package init(_ state: RunState, _ vault: SecretVault) {
    self.state = state
    self.vault = vault
  }

  /// The whole attempt: guards, action, checks, outputs; or the rollback.
  package func exchange(for id: TaskID, _ attempt: Attempt) -> Exchange? {
    guard let step = state.index.step(id.step) else { return nil }
    var items: [Exchange.Item] = []
    switch attempt.purpose {
    case .forward:
      items += probes(.require, step.requires, id, step)
      items += probes(.unless, step.unless, id, step)
      if let action = action(id, step, .forward) { items.append(action) }
      items += probes(.check, step.checks, id, step)
      items += outputs(id, step)
    case .rollback:
      guard let action = action(id, step, .rollback) else { return nil }
      items.append(action)
      if case .code(_, let checks) = step.rollback { items += probes(.check, checks, id, step) }
    }
    return exchange(attempt.key, items, id, step, attempt: attempt.number)
  }

  /// The checks and outputs of a task asked by themselves, without an action.
  package func poll(for id: TaskID, key: String, onlyLasting: Bool) -> Exchange? {
    guard let step = state.index.step(id.step), let task = state.tasks[id] else { return nil }
    let items: [Exchange.Item]
    if task.isAskingUndo, case .code(_, let checks) = step.rollback {
      items = probes(.check, checks, id, step)
    } else if case .polling(_, .accepted) = task.phase {
      items = outputs(id, step)
    } else if onlyLasting {
      items = probes(.check, step.checks, id, step) { $0.isLasting }
    } else {
      items = probes(.check, step.checks, id, step) + outputs(id, step)
    }
    return exchange(key, items, id, step, attempt: task.attempts.count)
  }

  /// What a task asks before its action, without the action; of a step that only looks, all of it.
  package func questions(for id: TaskID, key: String) -> Exchange? {
    guard let step = state.index.step(id.step) else { return nil }
    var items = probes(.require, step.requires, id, step) + probes(.unless, step.unless, id, step)
    if !step.changesHost { items += probes(.check, step.checks, id, step) + outputs(id, step) }
    // The content is there already: it stands after every `unless` of the runbook.
    if case .upload? = step.action {
      items.append(uploadWanted(.unless, step.unless.count, isNegated: true))
    }
    return exchange(key, items, id, step, attempt: 1)
  }

  /// The local file that a task uploads, as an absolute path; nil for any other task.
  package func localPath(of id: TaskID) -> String? {
    guard let step = state.index.step(id.step), case .upload(let local, _)? = step.action else {
      return nil
    }
    let path = state.text(local, for: id, environment: step.environment)
    return path.hasPrefix("/") ? path : (state.description?.directory ?? ".") + "/" + path
  }

  /// What an `upload` asks before its bytes are brought: it ends as `complete` where they are
  /// needed.
  package func uploadQuestions(for id: TaskID, key: String) -> Exchange? {
    guard let step = state.index.step(id.step) else { return nil }
    let items = probes(.require, step.requires, id, step) + probes(.unless, step.unless, id, step)
    return exchange(
      key, items + [uploadWanted(.require, step.requires.count, isNegated: false)], id, step,
      attempt: 1)
  }

  private func uploadWanted(
    _ stage: ProbeStage, _ index: Int, isNegated: Bool
  ) -> Exchange.Item {
    .probe(
      Exchange.Probe(
        stage: stage, index: index, script: ActionScript.uploadWanted, isNegated: isNegated,
        limit: Self.checksumLimit))
  }

  /// The outputs of a task that needs no action.
  package func outputQuestions(for id: TaskID, key: String) -> Exchange? {
    guard let step = state.index.step(id.step) else { return nil }
    return exchange(key, outputs(id, step), id, step, attempt: 1)
  }

  /// The outputs of a task that took from a secret, asked by themselves.
  package func secretOutputQuestions(for id: TaskID, key: String) -> Exchange? {
    guard let step = state.index.step(id.step) else { return nil }
    let items = outputs(id, step) { state.index.secretFlow.contains(step.path, $0.name) }
    return exchange(key, items, id, step, attempt: state.tasks[id]?.attempts.count ?? 1)
  }

  /// What a task's `stash` moved aside: listed, or removed for good.
  package func stash(of id: TaskID, key: String, isPurge: Bool, limit: Int) -> Exchange? {
    guard let step = state.index.step(id.step), case .stash? = step.action else { return nil }
    let probe = Exchange.Probe(
      stage: .require, index: 0, script: ActionScript.stashed(isPurge: isPurge), limit: limit)
    return exchange(key, [.probe(probe)], id, step, attempt: 1)
  }

  /// Takes or releases the run's locks on a host.
  package func lock(on host: String, key: String, isRelease: Bool) -> Exchange {
    let description = state.description
    let started = state.startedAt?.milliseconds ?? 0
    return Exchange(
      key: key,
      items: [
        .probe(
          Exchange.Probe(
            stage: .require, index: 0, script: ActionScript.lock(isRelease: isRelease),
            limit: Self.defaultLimit))
      ],
      environment: [
        "reprise_locks": state.lockNames(on: host).joined(separator: "\n"),
        "reprise_holder": "\(description?.id ?? "") \(started)",
        "reprise_who": "run \(description?.id ?? "") of \(description?.runbook ?? ""), "
          + "started by \(description?.operator ?? "")",
      ])
  }

  private func exchange(
    _ key: String, _ items: [Exchange.Item], _ id: TaskID, _ step: Step, attempt: Int
  ) -> Exchange {
    var environment = state.environmentValues(
      for: id, environment: step.environment, attempt: attempt)
    for (name, value) in targets(id, step) { environment[name] = value }
    environment.merge(actionValues(id, step)) { $1 }
    return Exchange(
      key: key, items: items, environment: environment,
      user: step.user.map { state.text($0, for: id, environment: step.environment) })
  }

  private func action(
    _ id: TaskID, _ step: Step, _ purpose: Attempt.Purpose
  ) -> Exchange.Item? {
    let own: Exchange.Script?
    switch (purpose, step.rollback) {
    case (.rollback, .code(let code, _)): own = script(code, id, step)
    case (.rollback, .notNeeded), (.rollback, .refused): own = nil
    case (.forward, _), (.rollback, .byAction): own = actionScript(id, step, purpose)
    }
    return own.map {
      .action($0, timeout: state.amount(step.timeout, environment: step.environment))
    }
  }

  private func actionScript(
    _ id: TaskID, _ step: Step, _ purpose: Attempt.Purpose
  ) -> Exchange.Script? {
    switch step.action {
    case .run(let code)?: return script(code, id, step)
    case .write(_, .code(let code), _, _)?:
      return ActionScript.write(content: script(code, id, step), purpose)
    case .write(_, .text, _, _)?: return ActionScript.write(content: nil, purpose)
    case .stash?: return ActionScript.stash(purpose)
    case .upload?: return ActionScript.upload(purpose)
    case .confirm?, nil: return nil
    }
  }

  func text(of code: Code, _ step: Step) -> String {
    let shell = state.plan.environments[step.environment].shell
    return code.isShell && !shell.isEmpty ? shell + "\n" + code.text : code.text
  }

  /// What `write`, `stash` and `upload` are told, as values like everything else.
  private func actionValues(_ id: TaskID, _ step: Step) -> [String: String] {
    func text(_ template: Template) -> String {
      state.text(template, for: id, environment: step.environment)
    }
    var origin = id
    origin.step = state.originalName(of: id.step)
    let mark = ActionScript.mark(run: state.description?.id ?? "", origin)
    switch step.action {
    case .write(let path, let content, let mode, let owner)?:
      var values = [
        "reprise_path": text(path), "reprise_mode": mode ?? "", "reprise_owner": owner ?? "",
        "reprise_mark": mark,
      ]
      switch content {
      case .text(let template): values["reprise_content"] = text(template)
      case .code(let code): values["reprise_content"] = code.interpreter == nil ? nil : code.text
      }
      return values
    case .stash(let globs, let to)?:
      return [
        "reprise_globs": globs.map(text).joined(separator: "\n"),
        "reprise_to": to.map(text) ?? "", "reprise_mark": mark,
      ]
    case .upload(let local, let path)?:
      let digest = localPath(of: id).flatMap { state.files[FileSlot(step: id.step, path: $0)] }
      return [
        "reprise_path": text(path), "reprise_mode": "", "reprise_owner": "",
        "reprise_mark": mark, "reprise_local": text(local),
        "reprise_size": String(digest?.size ?? 0), "reprise_sha256": digest?.sha256 ?? "",
      ]
    case .run?, .confirm?, nil: return [:]
    }
  }

  private func outputs(
    _ id: TaskID, _ step: Step, where isWanted: (OutputDeclaration) -> Bool = { _ in true }
  ) -> [Exchange.Item] {
    step.outputs.enumerated().compactMap { position, output in
      guard isWanted(output) else { return nil }
      return output.source.map {
        .probe(
          Exchange.Probe(
            stage: .output, index: position, script: script($0, id, step), limit: Self.defaultLimit)
        )
      }
    }
  }

  private func probes(
    _ stage: ProbeStage, _ checks: [Check], _ id: TaskID, _ step: Step,
    where isWanted: (Check) -> Bool = { _ in true }
  ) -> [Exchange.Item] {
    checks.enumerated().compactMap { position, check in
      guard isWanted(check), check.isAskedOnHost else { return nil }
      let within = state.amount(check.within, environment: step.environment)
      var probe = Exchange.Probe(
        stage: stage, index: position, script: Exchange.Script(text: ""),
        isNegated: check.isNegated, limit: within ?? Self.defaultLimit)
      switch check.subject {
      case .code(let code, let says):
        probe.script = script(code, id, step)
        probe.says = says.map { state.text($0, for: id, environment: step.environment) }
      case .tcp:
        probe.script.text = ReachScript.tcp(variable: target(stage, position))
      case .http(_, let status, let says):
        probe.script.text = ReachScript.http(variable: target(stage, position), status: status)
        probe.says = says.map { state.text($0, for: id, environment: step.environment) }
      case .expression:
        return nil
      }
      return .probe(probe)
    }
  }

  /// Addresses of `tcp` and `http` reach their scripts as values, like everything else.
  private func targets(_ id: TaskID, _ step: Step) -> [(String, String)] {
    var result: [(String, String)] = []
    for (stage, checks) in [
      (ProbeStage.require, step.requires), (.unless, step.unless), (.check, step.checks),
    ] {
      for (position, check) in checks.enumerated() {
        switch check.subject {
        case .tcp(let template), .http(let template, _, _):
          result.append(
            (
              target(stage, position),
              state.text(template, for: id, environment: step.environment)
            ))
        case .code, .expression: break
        }
      }
    }
    return result
  }

  private func target(_ stage: ProbeStage, _ position: Int) -> String {
    "reprise_\(stage.rawValue)_\(position)"
  }
}
