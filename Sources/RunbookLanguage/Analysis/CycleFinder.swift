/// Circles in a graph that is given by the edges of each node.
struct CycleFinder {
  private var edges: [[Int]]
  /// Circles told of one block; who mends them sees the next.
  private static let limit = 10

  init(_ edges: [[Int]]) {
    self.edges = edges
  }

  /// Each circle once, from its first node on, in the order of its edges.
  func cycles() -> [[Int]] {
    var finder = self
    var found: [[Int]] = []
    while found.count < Self.limit, let cycle = finder.first() {
      found.append(cycle)
      for node in cycle { finder.edges[node] = [] }
    }
    return found.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
  }

  /// Takes away what waits for nothing until only circles and what hangs on them are left, then
  /// follows the edges; nothing here recurses, since a chain may be as long as the file.
  private func first() -> [Int]? {
    var waitingFor = edges.map(\.count)
    var dependents = [[Int]](repeating: [], count: edges.count)
    for (node, targets) in edges.enumerated() {
      for target in targets { dependents[target].append(node) }
    }
    var free = waitingFor.indices.filter { waitingFor[$0] == 0 }
    while let node = free.popLast() {
      for dependent in dependents[node] {
        waitingFor[dependent] -= 1
        if waitingFor[dependent] == 0 { free.append(dependent) }
      }
    }
    guard var node = waitingFor.firstIndex(where: { $0 > 0 }) else { return nil }
    var way: [Int] = []
    var place: [Int: Int] = [:]
    while place[node] == nil {
      place[node] = way.count
      way.append(node)
      guard let next = edges[node].first(where: { waitingFor[$0] > 0 }) else { return nil }
      node = next
    }
    let cycle = Array(way[(place[node] ?? 0)...])
    guard let least = cycle.min(), let start = cycle.firstIndex(of: least) else { return nil }
    return Array(cycle[start...] + cycle[..<start])
  }
}
