/// The plan's statements as numbered nodes with parents, children and stable names.
///
/// The scheduler walks nodes by number; events speak of them by name, so that an adopted edit of
/// the runbook can be matched by name too.
package struct PlanIndex: Sendable {
  package enum Kind: Sendable {
    case step(Step)
    /// The runbook itself, a phase, a used part or an alternative.
    case sequence(onFailure: FailurePolicy, when: Expression?, environment: Int?)
    /// `after[i]`: positions of the children that child i waits for.
    case parallel(after: [[Int]])
    case rolling(group: GroupID, size: Amount, onFailure: FailurePolicy, environment: Int)
    case firstOf
  }

  package struct Node: Sendable {
    package var id: Int
    package var name: String
    package var title: String?
    package var kind: Kind
    package var parent: Int?
    package var children: [Int] = []
    package var depth: Int
  }

  package private(set) var nodes: [Node] = []
  private var stepNodes: [StepPath: Int] = [:]
  private var nodesByName: [String: Int] = [:]
  package private(set) var secretFlow = SecretFlow()

  package init(_ plan: Plan) {
    let root = add(
      Node(
        id: 0, name: "", title: plan.title,
        kind: .sequence(onFailure: plan.onFailure, when: nil, environment: nil), parent: nil,
        depth: 0))
    addAll(plan.body, to: root)
    secretFlow = SecretFlow(plan)
  }

  package var root: Int { 0 }
  package subscript(id: Int) -> Node { nodes[id] }
  package func node(of step: StepPath) -> Int? { stepNodes[step] }
  package func node(named name: String) -> Int? { nodesByName[name] }

  package func step(_ path: StepPath) -> Step? {
    guard let id = stepNodes[path], case .step(let step) = nodes[id].kind else { return nil }
    return step
  }

  /// Every step in reading order.
  package var steps: [Step] {
    nodes.compactMap { node in
      if case .step(let step) = node.kind { return step }
      return nil
    }
  }

  /// Whether `node` lies in `scope` or is it.
  package func contains(_ scope: Int, _ node: Int) -> Bool {
    var current: Int? = node
    while let id = current {
      if id == scope { return true }
      current = nodes[id].parent
    }
    return false
  }

  private mutating func add(_ node: Node) -> Int {
    var node = node
    node.id = nodes.count
    nodes.append(node)
    nodesByName[node.name] = node.id
    if let parent = node.parent { nodes[parent].children.append(node.id) }
    return node.id
  }

  private mutating func addAll(_ body: [Statement], to parent: Int) {
    for statement in body { add(statement, to: parent) }
  }

  private mutating func add(_ statement: Statement, to parent: Int) {
    let depth = nodes[parent].depth + 1
    switch statement {
    case .group: break
    case .step(let step):
      stepNodes[step.path] = add(
        Node(
          id: 0, name: step.path, title: step.title, kind: .step(step), parent: parent,
          depth: depth))
    case .scope(let scope):
      addScope(scope, to: parent)
    case .parallel(let block):
      let id = add(
        Node(
          id: 0, name: anonymousName("parallel", in: parent), kind: .parallel(after: []),
          parent: parent, depth: depth))
      // A `hosts … from output` among the branches makes no node: positions are renumbered.
      var position: [Int: Int] = [:]
      for (index, branch) in block.branches.enumerated() {
        position[index] = nodes[id].children.count
        add(branch.statement, to: id)
      }
      let after: [[Int]] = block.branches.compactMap { branch in
        if case .group = branch.statement { return nil }
        return branch.after.compactMap { position[$0] }
      }
      nodes[id].kind = .parallel(after: after)
    case .rolling(let block):
      let id = add(
        Node(
          id: 0, name: anonymousName("rolling", in: parent),
          kind: .rolling(
            group: block.group, size: block.size, onFailure: block.onFailure,
            environment: block.environment), parent: parent, depth: depth))
      addAll(block.body, to: id)
    case .firstOf(let block):
      let id = add(
        Node(
          id: 0, name: anonymousName("first-of", in: parent), kind: .firstOf, parent: parent,
          depth: depth))
      for alternative in block.alternatives { addScope(alternative, to: id) }
    }
  }

  private mutating func addScope(_ scope: Scope, to parent: Int) {
    let id = add(
      Node(
        id: 0, name: scope.path, title: scope.title,
        kind: .sequence(
          onFailure: scope.onFailure, when: scope.when, environment: scope.environment),
        parent: parent, depth: nodes[parent].depth + 1))
    addAll(scope.body, to: id)
  }

  /// `phase/(rolling 2)`: the second such block of its parent. No declared name has parentheses.
  private func anonymousName(_ word: String, in parent: Int) -> String {
    var ordinal = 1
    let prefix = nodes[parent].name.isEmpty ? "" : nodes[parent].name + "/"
    while nodesByName["\(prefix)(\(word) \(ordinal))"] != nil { ordinal += 1 }
    return "\(prefix)(\(word) \(ordinal))"
  }
}
