import RunbookCore

/// Outputs that took from a secret: known when every file has been gone through, since parts pass
/// values on.
struct SecretCandidates {
  struct Reading {
    var name: String
    var reference: OutputReference
    var place: Place
  }
  struct Writing {
    var step: StepPath
    var name: String
    var hasSource: Bool
    var type: ValueType
    var place: Place
  }
  /// Outputs that are read where their values would be journaled or shown.
  var readings: [Reading] = []
  var writings: [Writing] = []
  /// Whether any code that can give an output mentions a secret; else none took from one.
  var hasTaker = false
}

extension Lowering {
  /// The command of a secret is run by itself: what it can't have is told before the run.
  mutating func checkAlone(_ code: Code, _ syntax: CodeSyntax) {
    let help = "the command of a secret runs in `/bin/sh` and gets nothing of the runbook"
    if code.interpreter != nil {
      return report(
        .wrongKind, "the command of a secret has no `#!` line", syntax.range,
        help: "\(help); call the program that is meant")
    }
    let shell = ShellCode(code.text, wantsCommands: true)
    var seen: Set<String> = []
    for read in shell.reads
    where !shell.setsAnything && canBeOurs(read.name) && !shell.assigned.contains(read.name)
      && seen.insert(read.name).inserted && !scope.isDoubtful(read.name)
    {
      let what = scope.values[read.name].map { "is \(article($0.what))" } ?? "has no value"
      // Told here, so that it is not also an unused one.
      _ = use(read.name)
      report(
        .wrongKind, "`\(read.name)` \(what), and the command of a secret can't read it",
        range(of: read, in: syntax),
        help: "\(help); write what it needs out, or `${\(read.name):-}` for a variable of its own")
    }
    for function in Set(shell.commands.map(\.name)).intersection(scope.shellFunctions.keys).sorted()
    {
      report(
        .wrongKind, "`\(function)` is a function of `shell`, which no secret's command can call",
        syntax.range, help: help)
    }
  }

  mutating func checkVariable(_ variable: StringSyntax) {
    guard let text = variable.literal, text != "?" else { return }
    let first = text.utf8.first
    let isName =
      first.map(isNameStart) ?? false && text.utf8.allSatisfy { isNameStart($0) || isDigit($0) }
    if isName { return }
    report(
      .outOfRange, "`\(text)` is no variable of an environment", variable.range,
      help: "write its name, as \"APP_TOKEN\"")
  }

  mutating func checkSecretOutputs() {
    guard secretCandidates.hasTaker else { return }
    let flow = SecretFlow(plan)
    for writing in secretCandidates.writings {
      if !writing.hasSource, flow.takingActions.contains(writing.step) {
        report(
          "`\(writing.name)` would hold what was printed beside a secret", writing.place,
          help: "ask for it again: `output \(writing.name) from` and its code")
      } else if writing.hasSource, flow.contains(writing.step, writing.name),
        writing.type != .string
      {
        report(
          "`\(writing.name)` took from a secret, so it is a string", writing.place,
          help: "leave its type out; what it may be is not to be seen")
      }
    }
    for reading in secretCandidates.readings where flow.contains(reading.reference) {
      report(
        "`\(reading.name)` took from a secret and can be read only in code", reading.place,
        help: "strings and conditions are journaled and shown; use `$\(reading.name)` in code")
    }
  }

  private mutating func report(_ summary: String, _ place: Place, help: String) {
    loader.diagnostics.report(Diagnostic(.secretOutput, summary, at: place, help: help))
  }
}
