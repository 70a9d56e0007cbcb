/// The locks of a run: names in the journal, and files on the hosts that `on GROUP` says.
extension RunState {
  /// The names that the run holds in the journal.
  package var lockNamesOfPlan: [String] {
    plan.locks.map { text($0.name) }
  }

  /// The names that the run holds on a host.
  package func lockNames(on host: String) -> [String] {
    plan.locks.filter { lock in
      lock.group.map { members(of: $0, batch: []).contains(host) } ?? false
    }.map { text($0.name) }
  }

  /// Every host that a lock is held on.
  package var hostsWithLocks: [String] {
    let names = Set(plan.locks.compactMap(\.group).flatMap { members(of: $0, batch: []) })
    return binding.hosts.map(\.name).filter(names.contains)
  }

  /// Those on which this owner has not taken them yet. Once one host has refused, or
  /// the run is cancelled, only those that may be taking them now: they can be given back only
  /// after that.
  package var hostsToLock: [String] {
    guard !plan.locks.isEmpty else { return [] }
    return hostsWithLocks.filter {
      !lockedHosts.contains($0) && !unlockedHosts.contains($0) && refusedLocks[$0] == nil
        && (refusedLocks.isEmpty && cancelledBy == nil || unreleasedHosts.contains($0))
    }
  }

  private func text(_ name: Template) -> String {
    guard !plan.environments.isEmpty else { return "" }
    return text(name, for: TaskID(""), environment: 0)
  }
}
