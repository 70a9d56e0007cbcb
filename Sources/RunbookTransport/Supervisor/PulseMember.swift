import Glibc

/// A link's deadlines, watched by an I/O thread that has nothing to read for it.
final class PulseMember: IOMember {
  private weak let link: SupervisorLink?
  private(set) var wakeAt: Deadline?
  let hasBacklog = false

  init(link: SupervisorLink) { self.link = link }

  func addInterests(to entries: inout [pollfd]) {}

  /// Served after every write to it, also an empty one: a deadline was changed.
  func queue(_ bytes: [UInt8]) {}

  func serve(_ ready: ArraySlice<pollfd>) -> IOProgress {
    switch link?.beat() {
    case .at(let deadline)?: wakeAt = deadline
    case .idle?: wakeAt = nil
    case .over?, nil: return .finished
    }
    return .open
  }

  func dispose() {}
}
