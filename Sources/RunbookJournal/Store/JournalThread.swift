import Dispatch
import Foundation
import RunbookEngine
import Synchronization

/// A thread of its own for work that blocks on the disk, so that the cooperative pool never does.
///
/// A class because it stands for a thread. Work is done one piece at a time in the order in which
/// it was given; what was given before the last reference goes away is still done.
final class JournalThread: Sendable {
  private let queue: WorkQueue

  init(name: String) {
    let queue = WorkQueue()
    self.queue = queue
    let thread = Thread { queue.work() }
    thread.name = name
    thread.start()
  }

  deinit { queue.put(nil) }

  /// Does `work` on the thread, after what was given before, and returns what it returned.
  func run<Success: Sendable>(
    _ work: @escaping @Sendable () throws(JournalError) -> Success
  ) async throws(JournalError) -> Success {
    let result: Result<Success, JournalError> = await withCheckedContinuation { continuation in
      perform { continuation.resume(returning: Result(catching: work)) }
    }
    return try result.get()
  }

  /// Does `work` on the thread, after what was given before; does not wait for it.
  func perform(_ work: @escaping @Sendable () -> Void) { queue.put(work) }
}

private final class WorkQueue: Sendable {
  private let waiting = Mutex<[(@Sendable () -> Void)?]>([])
  private let count = DispatchSemaphore(value: 0)

  /// nil ends the thread.
  func put(_ work: (@Sendable () -> Void)?) {
    waiting.withLock { $0.append(work) }
    count.signal()
  }

  func work() {
    while let work = take() { work() }
  }

  private func take() -> (@Sendable () -> Void)? {
    count.wait()
    return waiting.withLock { $0.removeFirst() }
  }
}
