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
