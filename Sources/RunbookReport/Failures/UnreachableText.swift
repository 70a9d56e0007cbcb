import RunbookCore

/// Hosts that can't be reached, folded where the same is to be said of them.
///
///     ✗ db-2 and db-3 can't be reached: connection refused
///         missed  gather/facts and gather/logs
///         do      see whether sshd runs there
struct UnreachableText {
  struct Entry {
    var host: String?
    var reason: String
    /// What to do about it, where that is known.
    var remedy: String?
    /// The steps that it had to be left out of.
    var missed: [StepPath] = []
  }

  let state: RunState
  /// More blocks than these are only counted.
  private static let most = 12

  private struct Likeness: Hashable {
    var reason: String
    var remedy: String?
    var missed: [StepPath]
  }

  /// - Parameter entries: one for each host.
  func lines(_ entries: [Entry]) -> [Line] {
    var order: [Likeness] = []
    var groups: [Likeness: [Entry]] = [:]
    for entry in state.inInventoryOrder(entries, by: \.host) {
      let likeness = likeness(entry)
      if groups[likeness] == nil { order.append(likeness) }
      groups[likeness, default: []].append(entry)
    }
    var lines = order.prefix(Self.most).flatMap { block($0, groups[$0] ?? []) }
    let left = order.dropFirst(Self.most).reduce(0) { $0 + (groups[$1]?.count ?? 0) }
    if left > 0 { lines.append(Line("and \(Words.count(left, "other host")) can't be reached")) }
    return lines
  }

  private func block(_ likeness: Likeness, _ entries: [Entry]) -> [Line] {
    let isAlone = entries.count == 1
    var line = Line()
    line.append(ShownState.failed.glyph)
    line.append(" " + Words.list(entries.map { Words.host($0.host) }), .strong)
    line.append(" can't be reached: " + (isAlone ? entries[0].reason : likeness.reason))
    var lines = [line]
    if !likeness.missed.isEmpty {
      lines.append(CheckText.line("missed", Words.list(likeness.missed)))
    }
    if let remedy = isAlone ? entries[0].remedy : likeness.remedy {
      lines.append(CheckText.line("do", remedy))
    }
    return lines
  }

  /// The reason and the remedy without what is only of this host: its address, which the inventory
  /// has. A command in the remedy keeps it.
  private func likeness(_ entry: Entry) -> Likeness {
    let likeness = Likeness(reason: entry.reason, remedy: entry.remedy, missed: entry.missed)
    guard let address = entry.host.flatMap({ state.binding.host($0) })?.address else {
      return likeness
    }
    var bare = likeness
    bare.reason = state.withoutPlace(entry.reason, of: entry.host)
    if let remedy = entry.remedy, !remedy.contains("`") {
      bare.remedy = remedy.replacing(address, with: "each of them")
    }
    return bare
  }
}

extension RunState {
  /// `root@10.0.0.1 port 22: connection refused` as `connection refused`: the inventory has the rest.
  func withoutPlace(_ reason: String, of host: String?) -> String {
    guard let address = host.flatMap({ binding.host($0) })?.address,
      let mark = reason.firstRange(of: "@\(address) port "),
      !reason[..<mark.lowerBound].contains(" ")
    else { return reason }
    let rest = reason[mark.upperBound...].drop(while: \.isNumber)
    return rest.hasPrefix(": ") ? String(rest.dropFirst(2)) : "the host" + rest
  }

  /// Sorted as the inventory has their hosts; what is of this machine comes first.
  func inInventoryOrder<Element>(
    _ elements: [Element], by host: (Element) -> String?
  ) -> [Element] {
    let places = Dictionary(
      binding.hosts.enumerated().map { ($0.element.name, $0.offset) }
    ) { first, _ in first }
    func place(_ element: Element) -> Int { host(element).map { places[$0] ?? .max } ?? -1 }
    return elements.enumerated()
      .sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
      .map(\.element)
  }
}
