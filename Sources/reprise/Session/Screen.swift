import Dispatch
import RunbookCore
import RunbookEngine
import Synchronization

/// What a face is told.
enum ScreenUpdate: Sendable {
  case engine(RunUpdate)
  /// The person asked to detach.
  case detaching
  /// The terminal has another size.
  case resized
  /// A line was typed.
  case typed(String)
  /// What was typed is no answer to the question.
  case unclear
}

/// One way of showing a run that is driven: on a terminal, as lines, as JSON.
protocol Face: Sendable {
  mutating func take(_ updates: [ScreenUpdate], at now: Timestamp)
  /// Ten times a second.
  mutating func tick(at now: Timestamp)
  /// The run is not driven any more; nothing follows.
  mutating func close(at now: Timestamp)
  /// The question that waits for a typed answer.
  var question: TaskID? { get }
}

/// Hands updates of a run to its face, on a queue of its own: a terminal or pipe that takes nothing
/// never holds the engine up.
///
/// A class because it stands for the place that is written to.
final class Screen: Sendable {
  private let queue = DispatchQueue(label: "screen")
  /// Touched on `queue` only; the mutex says so to the compiler.
  private let face: Mutex<any Face>
  private let inbox = Mutex(Inbox())
  private let clock = SystemClock()
  private let timer = Mutex<EventSource?>(nil)

  init(_ face: any Face) { self.face = Mutex(face) }

  func start() {
    let source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(deadline: .now(), repeating: .milliseconds(100))
    source.setEventHandler { [self] in
      face.withLock { $0.tick(at: clock.now()) }
    }
    source.resume()
    let kept = EventSource(source)
    timer.withLock { $0 = kept }
  }

  /// From any thread; never waits.
  func show(_ update: ScreenUpdate) {
    let mustDrain = inbox.withLock { $0.add(update) }
    if mustDrain { queue.async { self.drain() } }
  }

  /// Shows everything that was told and ends.
  func close() async {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        timer.withLock { $0 }?.source.cancel()
        drain()
        face.withLock { $0.close(at: clock.now()) }
        continuation.resume()
      }
    }
  }

  /// The question that waits for a typed answer.
  func question() -> TaskID? { face.withLock { $0.question } }

  private func drain() {
    let updates = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return inbox.updates
    }
    if !updates.isEmpty { face.withLock { $0.take(updates, at: clock.now()) } }
  }
}

/// What waits to be shown. Output is dropped where too much of it waits, because the place that is
/// written to takes nothing (Ctrl-S, a pipe that nobody reads): it is in the journal.
private struct Inbox {
  private(set) var updates: [ScreenUpdate] = []
  private var outputSize = 0
  private static let mostOutput = 4 << 20

  /// - Returns: true where nothing waited before.
  mutating func add(_ update: ScreenUpdate) -> Bool {
    if case .engine(.output(_, _, let bytes)) = update {
      guard outputSize + bytes.count <= Self.mostOutput else { return false }
      outputSize += bytes.count
    }
    updates.append(update)
    return updates.count == 1
  }
}
