import Foundation
import RunbookEngine
import Synchronization

/// Answers that cost a process: asked for once, however many connector threads want the same.
///
/// A class because the threads share it.
final class SharedAnswers<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
  private struct State: Sendable {
    var answers: [Question: Answer] = [:]
    var underWay: Set<Question> = []
  }

  private enum Step {
    case known(Answer)
    case ask
    case wait
  }

  private let state = Mutex(State())
  private let finished = NSCondition()

  /// The remembered answer, or what `ask` says. Failures are not remembered: whoever waited asks
  /// again.
  func answer(
    _ question: Question, by deadline: Deadline, ask: () throws(TransportError) -> Answer
  ) throws(TransportError) -> Answer {
    while true {
      switch next(question) {
      case .known(let answer): return answer
      case .ask:
        defer { finish(question) }
        let answer = try ask()
        state.withLock { $0.answers[question] = answer }
        return answer
      case .wait:
        guard wait(for: question, by: deadline) else {
          throw .unreachable("no answer in time from another thread that asks the same")
        }
      }
    }
  }

  private func next(_ question: Question) -> Step {
    state.withLock { state in
      if let answer = state.answers[question] { return .known(answer) }
      return state.underWay.insert(question).inserted ? .ask : .wait
    }
  }

  private func finish(_ question: Question) {
    _ = state.withLock { $0.underWay.remove(question) }
    finished.lock()
    finished.broadcast()
    finished.unlock()
  }

  private func wait(for question: Question, by deadline: Deadline) -> Bool {
    finished.lock()
    defer { finished.unlock() }
    // Looked at with the condition locked, so that no broadcast is missed.
    while state.withLock({ $0.underWay.contains(question) }) {
      let limit = Date(timeIntervalSinceNow: Double(deadline.milliseconds) / 1000)
      if !finished.wait(until: limit) && deadline.hasPassed { return false }
    }
    return true
  }
}
