import Glibc

/// What an I/O thread serves: the descriptors and the state of one byte channel.
///
/// A member belongs to the thread that serves it and is touched by no other, so it needs neither
/// locks nor `Sendable`. No call may block.
protocol IOMember: AnyObject {
  /// Adds what to wait for; called before every wait.
  func addInterests(to entries: inout [pollfd])
  /// Whether there is work to do without waiting: `serve` had to stop before the end.
  var hasBacklog: Bool { get }
  /// When to be served even if nothing happens.
  var wakeAt: Deadline? { get }
  /// Moves what can be moved, at most a bounded part of it, so that other members get their turn.
  func serve(_ ready: ArraySlice<pollfd>) -> IOProgress
  /// Bytes that wait for the far end.
  var waitingCount: Int { get }
  /// Queues bytes for the far end; `serve` follows.
  func queue(_ bytes: [UInt8])
  /// Frees everything. Called once, and nothing after it.
  func dispose()
}

enum IOProgress {
  case open
  /// The far end is gone; `dispose` follows.
  case finished
}

extension IOMember {
  var wakeAt: Deadline? { nil }
  var waitingCount: Int { 0 }
}
