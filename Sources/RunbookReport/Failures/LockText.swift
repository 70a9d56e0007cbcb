import RunbookCore

/// Locks that a run has left on hosts: whom they will keep out, and how they are removed.
struct LockText {
  private let state: RunState

  init(_ state: RunState) { self.state = state }

  var lines: [Line] {
    let unreached = state.unreleasedHosts.filter { state.hosts[$0]?.isGivenUp ?? false }
      .map { ($0, "it can't be reached") }
    let kept = state.keptLocks.map { ($0.key, $0.value) } + unreached
    return kept.sorted { $0.0 < $1.0 }.flatMap(lines)
  }

  private func lines(on host: String, _ problem: String) -> [Line] {
    let names = state.lockNames(on: host)
    var line = Line()
    line.append(ShownState.failed.glyph)
    line.append(" \(host) still holds " + (names.count == 1 ? "a lock" : "locks"), .strong)
    line.append(" of this run, " + names.map { "\"\($0)\"" }.joined(separator: ", "))
    line.append(": " + Printable.text(problem))
    return [line, CheckText.line("do", "on \(host):  " + removal)]
  }

  /// The files whose first line is the run's, as `lock.sh` writes them.
  private var removal: String {
    let holder = "\(state.runID) \(state.startedAt?.milliseconds ?? 0)"
    return "grep -lxF '\(holder)' /var/tmp/reprise-locks/* | xargs rm -f"
  }
}
