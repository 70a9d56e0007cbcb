import RunbookCore

/// The shape of one file: where its steps stand, which outputs they write, what it uses.
///
/// It is made once for a file, whatever uses it, and says where in the order of execution a
/// statement stands, so that a reading of an output can be compared with its writers.
struct Outline: Sendable {
  struct Writer: Sendable {
    var output: OutputSyntax
    /// The path within the file.
    var path: String
    var group: Name?
    var chain: Chain
  }
  struct Use: Sendable {
    var syntax: UseSyntax
    var chain: Chain
  }
  /// In reading order.
  var writers: [Writer] = []
  var uses: [Use] = []
  var found: [HostsSyntax] = []
  /// The edges of `after` of each `parallel` block, by its place.
  var edges: [Int: [[Int]]] = [:]
}

/// The way from the file's block to a statement, and which child is taken at each block.
struct Chain: Sendable {
  enum Kind: Hashable, Sendable {
    case sequence(continues: Bool)
    case parallel
    case alternatives(Int)
    /// `continues`: what stands beside it runs although the step has failed.
    case step(continues: Bool)
  }
  struct Link: Sendable {
    /// The offset at which the block or step begins.
    var node: Int
    var kind: Kind
    var child: Int
    /// Whether it may be left out although everything before it went well.
    var isConditional: Bool
  }
  var links: [Link] = []

  func adding(_ link: Link) -> Chain {
    var chain = self
    chain.links.append(link)
    return chain
  }
}

/// Why an output may have no value where it is read.
enum MissingReason {
  case writtenLater, ownStep, condition, otherAlternative, notEveryAlternative, parallel
  case continues, foreignShell
}

extension Outline {
  /// Why none of the writers is sure to have written before the reader; nil where one is.
  func reasonMissing(_ writers: [Chain], before reader: Chain) -> MissingReason? {
    var reason = MissingReason.writtenLater
    for writer in writers {
      guard let depth = divergence(writer, reader) else { continue }
      let companions = writers.filter { isPrefixEqual($0, writer, upTo: depth) }
      guard let found = reasonMissing(companions, writer, reader, at: depth) else { return nil }
      reason = found
    }
    return reason
  }

  /// The first level at which the two take different ways; nil where the reader ends before.
  private func divergence(_ writer: Chain, _ reader: Chain) -> Int? {
    for depth in 0..<min(writer.links.count, reader.links.count) {
      if case .step = writer.links[depth].kind { return depth }
      if writer.links[depth].child != reader.links[depth].child { return depth }
    }
    return nil
  }

  private func isPrefixEqual(_ first: Chain, _ second: Chain, upTo depth: Int) -> Bool {
    guard first.links.count > depth, second.links.count > depth else { return false }
    return (0...depth).allSatisfy {
      first.links[$0].node == second.links[$0].node
        && first.links[$0].child == second.links[$0].child
    }
  }

  private func reasonMissing(
    _ companions: [Chain], _ writer: Chain, _ reader: Chain, at depth: Int
  ) -> MissingReason? {
    let link = writer.links[depth]
    let other = reader.links[depth].child
    switch link.kind {
    case .step: return .ownStep
    case .sequence(let continues):
      if link.child > other { return .writtenLater }
      if continues || writer.links[depth + 1].kind == .step(continues: true) { return .continues }
    case .parallel:
      if !isReachable(link.child, from: other, in: edges[link.node] ?? []) { return .parallel }
    case .alternatives: return .otherAlternative
    }
    return reasonLeftOut(companions, at: depth + 1)
  }

  /// Why the writers, which share the way so far, may be left out from there on.
  private func reasonLeftOut(_ writers: [Chain], at depth: Int) -> MissingReason? {
    guard let link = writers.first?.links[depth] else { return .condition }
    if link.isConditional { return .condition }
    switch link.kind {
    case .step: return nil
    case .sequence, .parallel: return reasonLeftOut(writers, at: depth + 1)
    case .alternatives(let count):
      for child in 0..<count {
        let some = writers.filter { $0.links[depth].child == child }
        if some.isEmpty { return .notEveryAlternative }
        if let reason = reasonLeftOut(some, at: depth + 1) { return reason }
      }
      return nil
    }
  }

  /// Whether `after` leads from one branch back to another.
  private func isReachable(_ target: Int, from start: Int, in edges: [[Int]]) -> Bool {
    guard start < edges.count else { return false }
    var seen: Set<Int> = []
    var waiting = edges[start]
    while let branch = waiting.popLast() {
      if branch == target { return true }
      if seen.insert(branch).inserted { waiting += edges[branch] }
    }
    return false
  }

  /// Whether two writers of one output exclude each other: alternatives of one `first of`.
  static func exclude(_ first: Chain, _ second: Chain) -> Bool {
    for (left, right) in zip(first.links, second.links) where left.child != right.child {
      if case .alternatives = left.kind { return true }
      return false
    }
    return false
  }
}
