/// A step: what is done on each host of its group, how it is judged and how it is undone.
package struct Step: Codable, Hashable, Sendable {
  package var path: StepPath
  package var name: String
  package var title: String?
  package var documentation: String
  /// nil: on the machine that runs the engine.
  package var group: GroupID?
  package var when: Expression?
  package var requires: [Check]
  package var unless: [Check]
  package var action: Action?
  package var checks: [Check]
  package var rollback: Rollback
  package var outputs: [OutputDeclaration]
  package var retry: Retry?
  /// Milliseconds.
  package var timeout: Amount?
  /// `as "USER"`.
  package var user: Template?
  package var rerunIfInterrupted: Bool
  package var onFailure: FailurePolicy
  package var environment: Int
  package var origin: Origin

  package init(
    path: StepPath, name: String, title: String? = nil, documentation: String = "",
    group: GroupID? = nil, when: Expression? = nil, requires: [Check] = [], unless: [Check] = [],
    action: Action? = nil, checks: [Check] = [], rollback: Rollback = .notNeeded,
    outputs: [OutputDeclaration] = [], retry: Retry? = nil, timeout: Amount? = nil,
    user: Template? = nil, rerunIfInterrupted: Bool = false, onFailure: FailurePolicy = .stop,
    environment: Int, origin: Origin
  ) {
    self.path = path
    self.name = name
    self.title = title
    self.documentation = documentation
    self.group = group
    self.when = when
    self.requires = requires
    self.unless = unless
    self.action = action
    self.checks = checks
    self.rollback = rollback
    self.outputs = outputs
    self.retry = retry
    self.timeout = timeout
    self.user = user
    self.rerunIfInterrupted = rerunIfInterrupted
    self.onFailure = onFailure
    self.environment = environment
    self.origin = origin
  }
}

/// Code as it stands in the runbook: sent verbatim, never templated.
package struct Code: Codable, Hashable, Sendable {
  package var text: String
  /// The command of its `#!` line where it has one; else it runs as `sh -eu`.
  package var interpreter: String?
  /// False for a `#!` that is no shell: `shell` declarations are not put before it.
  package var isShell: Bool
  package var origin: Origin

  package init(text: String, interpreter: String? = nil, isShell: Bool = true, origin: Origin) {
    self.text = text
    self.interpreter = interpreter
    self.isShell = isShell
    self.origin = origin
  }
}

/// What a step does; it is executed once.
package enum Action: Codable, Hashable, Sendable {
  package enum Content: Codable, Hashable, Sendable {
    case code(Code)
    case text(Template)
  }
  case run(Code)
  case write(path: Template, content: Content, mode: String?, owner: String?)
  case stash(globs: [Template], to: Template?)
  case upload(local: Template, path: Template)
  case confirm(Template)
}

/// A question with three answers: holds, does not hold, cannot tell.
package struct Check: Codable, Hashable, Sendable {
  package enum Subject: Codable, Hashable, Sendable {
    case code(Code, says: Template?)
    case tcp(Template)
    case http(Template, status: Int, says: Template?)
    case expression(Expression)
  }
  package var subject: Subject
  package var isNegated: Bool
  /// Milliseconds; polled until then where it does not hold at once.
  package var within: Amount?
  package var every: Amount?
  package var isLasting: Bool
  /// `else "what to do"`.
  package var remedy: Template?
  /// The check as it stands in the source, on one line, for screens and reports.
  package var text: String
  package var origin: Origin

  package init(
    subject: Subject, isNegated: Bool = false, within: Amount? = nil, every: Amount? = nil,
    isLasting: Bool = false, remedy: Template? = nil, text: String, origin: Origin
  ) {
    self.subject = subject
    self.isNegated = isNegated
    self.within = within
    self.every = every
    self.isLasting = isLasting
    self.remedy = remedy
    self.text = text
    self.origin = origin
  }
}

/// How a step is undone.
package enum Rollback: Codable, Hashable, Sendable {
  /// The step only looks.
  case notNeeded
  /// `no rollback "why"`.
  case refused(String)
  case code(Code, checks: [Check])
  /// `write`, `stash` and `upload` undo themselves.
  case byAction
}

/// `output NAME [: TYPE] [= DEFAULT] [from CODE]`.
package struct OutputDeclaration: Codable, Hashable, Sendable {
  package var name: String
  package var type: ValueType
  package var defaultValue: Value?
  package var source: Code?
  package var isByHost: Bool
  package var origin: Origin

  package init(
    name: String, type: ValueType = .string, defaultValue: Value? = nil, source: Code? = nil,
    isByHost: Bool, origin: Origin
  ) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    self.source = source
    self.isByHost = isByHost
    self.origin = origin
  }
}

/// `retry N [every D [up to D]]`: N attempts in all. Pauses in milliseconds.
package struct Retry: Codable, Hashable, Sendable {
  package var attempts: Amount
  package var every: Amount?
  package var upTo: Amount?

  package init(attempts: Amount, every: Amount? = nil, upTo: Amount? = nil) {
    self.attempts = attempts
    self.every = every
    self.upTo = upTo
  }
}

extension Step {
  /// False for a step that only looks or asks a person.
  package var changesHost: Bool {
    switch action {
    case .run?, .write?, .stash?, .upload?: true
    case .confirm?, nil: false
    }
  }

  /// Every piece of code that the step runs on its host.
  package var codes: [Code] {
    var result = outputs.compactMap(\.source)
    for check in requires + unless + checks {
      if case .code(let code, _) = check.subject { result.append(code) }
    }
    switch action {
    case .run(let code)?, .write(_, .code(let code), _, _)?: result.append(code)
    case .write(_, .text, _, _)?, .stash?, .upload?, .confirm?, nil: break
    }
    if case .code(let code, let checks) = rollback {
      result.append(code)
      for check in checks {
        if case .code(let code, _) = check.subject { result.append(code) }
      }
    }
    return result
  }
}
