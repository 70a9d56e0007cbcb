import RunbookCore

/// The steps of a plan and what comes after what, for drawing.
package struct PlanGraph: Sendable {
  struct Box: Sendable {
    var id: Int
    var title: String
    var isStep: Bool
    /// Second line: where it runs, or how its block goes on.
    var detail: String
    /// What it waits for, which a drawing shows as arrows.
    var after: [String] = []
    var children: [Box] = []
  }

  struct Edge: Hashable, Sendable {
    var from: Int
    var to: Int
    /// Only where the one before it fails.
    var isAlternative = false
  }

  let title: String
  private(set) var boxes: [Box] = []
  private(set) var edges: [Edge] = []
  private let plan: Plan
  private let index: PlanIndex

  package init(_ plan: Plan) {
    self.plan = plan
    index = PlanIndex(plan)
    title = plan.title ?? plan.name
    boxes = index[index.root].children.map(box)
    _ = connect(index.root)
  }

  private func box(_ id: Int) -> Box {
    let node = index[id]
    var box = Box(
      id: id, title: index.shortName(of: id), isStep: false, detail: node.title ?? "")
    switch node.kind {
    case .step(let step):
      box.isStep = true
      box.detail = detail(step)
    case .sequence(let policy, let when, _):
      var parts = node.title.map { [$0] } ?? []
      if when != nil { parts.append("when a condition holds") }
      switch policy {
      case .stop: break
      case .rollback: parts.append("on failure rollback")
      case .continue: parts.append("on failure continue")
      }
      box.detail = parts.joined(separator: " · ")
    case .parallel:
      box.title = "parallel"
    case .rolling(let group, let size, _, _):
      box.title = "rolling " + name(of: group)
      box.detail = "by " + amount(size)
    case .firstOf:
      box.title = "first of"
    }
    box.children = node.children.map(self.box)
    if case .parallel(let after) = node.kind {
      for (position, before) in after.enumerated() {
        box.children[position].after = before.map { box.children[$0].title }
      }
    }
    return box
  }

  private func detail(_ step: Step) -> String {
    var parts: [String] = []
    if let group = step.group { parts.append("on " + name(of: group)) }
    if let title = step.title { parts.append(title) }
    if step.when != nil { parts.append("when a condition holds") }
    switch step.action {
    case .run?: break
    case .write?: parts.append("writes a file")
    case .stash?: parts.append("moves files aside")
    case .upload?: parts.append("uploads a file")
    case .confirm?: parts.append("asks a person")
    case nil:
      var isUndoing = false
      if case .code = step.rollback { isUndoing = true }
      parts.append(isUndoing ? "only rolls back" : "only looks")
    }
    return parts.joined(separator: " · ")
  }

  private func name(of group: GroupID) -> String { plan.group(group)?.name ?? group }

  private func amount(_ amount: Amount) -> String {
    switch amount {
    case .literal(let number): String(number)
    case .name(let name): name
    }
  }

  /// Steps that a node begins and ends with.
  private struct Ends {
    var first: [Int]
    var last: [Int]
  }

  /// Draws the edges within a node. A node without steps has no ends.
  private mutating func connect(_ id: Int) -> Ends {
    let node = index[id]
    switch node.kind {
    case .step: return Ends(first: [id], last: [id])
    case .sequence, .rolling:
      var ends = Ends(first: [], last: [])
      for child in node.children {
        let next = connect(child)
        guard !next.first.isEmpty else { continue }
        draw(ends.last, next.first)
        if ends.first.isEmpty { ends.first = next.first }
        ends.last = next.last
      }
      return ends
    case .parallel(let after):
      let branches = node.children.map { connect($0) }
      var isAwaited = Set<Int>()
      for (position, before) in after.enumerated() {
        for other in before {
          draw(branches[other].last, branches[position].first)
          isAwaited.insert(other)
        }
      }
      return Ends(
        first: branches.indices.filter { after[$0].isEmpty }.flatMap { branches[$0].first },
        last: branches.indices.filter { !isAwaited.contains($0) }.flatMap { branches[$0].last })
    case .firstOf:
      let branches = node.children.map { connect($0) }.filter { !$0.first.isEmpty }
      for (one, next) in zip(branches, branches.dropFirst()) {
        draw(one.last, next.first, isAlternative: true)
      }
      return Ends(first: branches.first?.first ?? [], last: branches.flatMap(\.last))
    }
  }

  private mutating func draw(_ from: [Int], _ to: [Int], isAlternative: Bool = false) {
    for one in from {
      for other in to { edges.append(Edge(from: one, to: other, isAlternative: isAlternative)) }
    }
  }
}
