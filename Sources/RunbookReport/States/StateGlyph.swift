/// The state of a task, step or scope as every screen shows it.
package enum ShownState: String, CaseIterable, Hashable, Sendable {
  case done, satisfied, running
  /// Begun, and no process of ours watches it: what it started goes on by itself.
  case unwatched
  case waiting, inDoubt, failed, rolledBack, leftOut, toCome

  /// As a word, for tables and `--json`.
  package var word: String {
    switch self {
    case .done: "done"
    case .satisfied: "satisfied"
    case .running: "running"
    case .unwatched: "unwatched"
    case .waiting: "waiting"
    case .inDoubt: "in doubt"
    case .failed: "failed"
    case .rolledBack: "rolled back"
    case .leftOut: "left out"
    case .toCome: "to come"
    }
  }

  package var glyph: StateGlyph { StateGlyph(self) }
}

/// One sign and one colour for each state, the same everywhere. In ASCII the signs are
/// `+ = > ) ? ! x < - .` (see `Printable.ascii`).
package struct StateGlyph: Hashable, Sendable {
  package let sign: String
  package let tone: Tone

  package init(_ state: ShownState) {
    (sign, tone) =
      switch state {
      case .done: ("✓", .good)
      case .satisfied: ("=", .quiet)
      case .running: ("▶", .active)
      case .unwatched: ("▷", .active)
      case .waiting: ("?", .attention)
      case .inDoubt: ("!", .doubt)
      case .failed: ("✗", .bad)
      case .rolledBack: ("↩", .attention)
      case .leftOut: ("-", .quiet)
      case .toCome: ("·", .quiet)
      }
  }
}
