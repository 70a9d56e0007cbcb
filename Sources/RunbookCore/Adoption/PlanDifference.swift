/// What an edited runbook changes of the one that a run goes by, step by step.
package struct PlanDifference: Hashable, Sendable {
  /// A facet before and after; nil where it was not there.
  package struct Part: Hashable, Sendable {
    package var name: String
    package var before: String?
    package var after: String?

    package init(name: String, before: String?, after: String?) {
      self.name = name
      self.before = before
      self.after = after
    }
  }
  /// A step that does something else than before.
  package struct Change: Hashable, Sendable {
    package var step: StepPath
    package var parts: [Part]
  }
  package struct Renaming: Hashable, Sendable {
    package var old: StepPath
    package var new: StepPath
  }
  package private(set) var added: [StepPath] = []
  package private(set) var removed: [StepPath] = []
  package private(set) var renamed: [Renaming] = []
  package private(set) var changed: [Change] = []
  /// What stands around the steps: policies, conditions of phases, reports, the order.
  package private(set) var around: [Part] = []

  package var isEmpty: Bool {
    added.isEmpty && removed.isEmpty && renamed.isEmpty && changed.isEmpty && around.isEmpty
  }

  package init(
    from old: Plan, _ oldBinding: Binding, to new: Plan, _ newBinding: Binding
  ) {
    let (before, after) = (PlanIndex(old), PlanIndex(new))
    let was = StepFacets(old, oldBinding, before)
    let becomes = StepFacets(new, newBinding, after)
    var fresh = after.steps.filter { before.step($0.path) == nil }
    for step in before.steps {
      let facets = was.of(step)
      if let now = after.step(step.path) {
        let parts = Self.parts(facets, becomes.of(now))
        if !parts.isEmpty { changed.append(Change(step: step.path, parts: parts)) }
      } else if let twin = fresh.firstIndex(where: { becomes.of($0) == facets }) {
        renamed.append(Renaming(old: step.path, new: fresh.remove(at: twin).path))
      } else {
        removed.append(step.path)
      }
    }
    added = fresh.map(\.path)
    around =
      Self.parts(
        Self.facets(old, before, renamed), Self.facets(new, after, [])) + order(before, after)
  }

  /// Facets that are not the same; one that only has another text is one part.
  private static func parts(_ before: [Facet], _ after: [Facet]) -> [Part] {
    var gone = before
    var come: [Facet] = []
    for facet in after {
      if let same = gone.firstIndex(of: facet) { gone.remove(at: same) } else { come.append(facet) }
    }
    var parts: [Part] = []
    for facet in gone {
      let twin = come.firstIndex { $0.name == facet.name }
      let text = twin.map { come.remove(at: $0).text }
      parts.append(Part(name: facet.name, before: facet.text, after: text))
    }
    return parts + come.map { Part(name: $0.name, before: nil, after: $0.text) }
  }

  private static func facets(
    _ plan: Plan, _ index: PlanIndex, _ renamed: [Renaming]
  ) -> [Facet] {
    var facets = [Facet("on failure", plan.onFailure.rawValue)]
    for node in index.nodes {
      switch node.kind {
      case .sequence(let policy, let when, _) where node.parent != nil:
        if policy != .stop {
          facets.append(Facet("phase \(node.name), on failure", policy.rawValue))
        }
        if let when { facets.append(Facet("phase \(node.name), when", when.text)) }
      case .rolling(let group, let size, let policy, _):
        facets.append(Facet(node.name, "\(group) by \(size.text), on failure \(policy.rawValue)"))
      case .parallel(let after):
        facets.append(Facet(node.name, after.map { "\($0)" }.joined(separator: " ")))
      case .firstOf: facets.append(Facet(node.name, "first of"))
      case .sequence, .step: break
      }
    }
    for lock in plan.locks {
      facets.append(Facet("lock", lock.name.source + " " + (lock.group ?? "")))
    }
    for report in plan.reports {
      facets.append(
        Facet(
          "report",
          [report.path.source, report.section, report.language, report.group]
            .compactMap { $0 }.joined(separator: " ")))
    }
    return facets
  }

  /// Steps that both have, in another order.
  private func order(_ before: PlanIndex, _ after: PlanIndex) -> [Part] {
    let names = Dictionary(renamed.map { ($0.old, $0.new) }) { $1 }
    let old = before.steps.map { names[$0.path] ?? $0.path }.filter { after.step($0) != nil }
    let kept = Set(old)
    let new = after.steps.map(\.path).filter(kept.contains)
    guard old != new else { return [] }
    return [
      Part(
        name: "order", before: old.joined(separator: "\n"), after: new.joined(separator: "\n"))
    ]
  }
}
