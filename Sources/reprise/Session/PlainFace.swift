import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// Lines with a time, for pipes and terminals that can't move their cursor.
struct PlainFace: Face {
  private var log: PlainLog
  private let style: Style
  /// A person is there and can be asked.
  private let isAttended: Bool
  /// The question that stands there.
  private var asked: TaskID?

  init(_ log: PlainLog, style: Style, isAttended: Bool = false) {
    self.log = log
    self.style = style
    self.isAttended = isAttended
  }

  var question: TaskID? { isAttended ? log.state.question : nil }

  mutating func take(_ updates: [ScreenUpdate], at now: Timestamp) {
    var lines: [Line] = []
    for update in updates {
      if case .unclear = update { asked = nil }
      guard case .engine(let update) = update else { continue }
      switch update {
      case .facts(let facts): lines += log.take(facts)
      case .reconnecting(let host, let reason, _, _):
        lines += log.failedToConnect(to: host, reason: reason, at: now)
      case .notMet(let host, let reason):
        let words = "\(Words.host(host)) does not answer: \(reason); tried again where it is needed"
        lines.append(log.notice(words, at: now))
      case .output(let task, _, let bytes): lines += log.printed(task, bytes, at: now)
      case .asking(let task): lines += log.asking(task, at: now)
      case .bringing(let task, let count, let size):
        lines += log.brought(task, count, of: size, at: now)
      case .notice(let text): lines.append(log.notice(text, at: now))
      case .connecting, .unreachable: break
      }
    }
    if question != asked {
      asked = question
      if let asked { lines += log.question(asked, at: now) }
    }
    if !lines.isEmpty { Output.standard.write(lines.rendered(style)) }
  }

  mutating func tick(at now: Timestamp) {}
  mutating func close(at now: Timestamp) {}
}

/// One JSON object for each event, as it is committed.
struct JSONFace: Face {
  private let run: String
  /// Number of the last event that is in the journal.
  private var sequence: Int

  init(run: String, after sequence: Int) {
    self.run = run
    self.sequence = sequence
  }

  var question: TaskID? { nil }

  mutating func take(_ updates: [ScreenUpdate], at now: Timestamp) {
    for case .engine(let update) in updates {
      switch update {
      case .facts(let facts):
        for fact in facts {
          sequence += 1
          Output.standard.write(EventCoding.line(run: run, sequence: sequence, fact) + [0x0A])
        }
      case .notice(let text): Output.error.write(Printable.text(text) + "\n")
      case .connecting, .notMet, .reconnecting, .unreachable, .asking, .output, .bringing: break
      }
    }
  }

  mutating func tick(at now: Timestamp) {}
  mutating func close(at now: Timestamp) {}
}

/// Shows nothing.
struct NoFace: Face {
  var question: TaskID? { nil }

  mutating func take(_ updates: [ScreenUpdate], at now: Timestamp) {}
  mutating func tick(at now: Timestamp) {}
  mutating func close(at now: Timestamp) {}
}
