import RunbookCore
import RunbookEngine

/// Entries as a run leaves them in its journal, the same in every process of a test.
package enum JournalSamples {
  package static func entry(
    _ event: Event, at time: Int = 1_700_000_000_000, output: [UInt8] = []
  ) -> JournalEntry {
    JournalEntry(Fact(time: Timestamp(milliseconds: time), event: event), output: output)
  }

  /// A batch such as a task leaves: its intent, one piece of output and its end.
  package static func task(
    _ number: Int, output: [UInt8] = Array("hello\n".utf8)
  ) -> [JournalEntry] {
    let id = TaskID("greet", host: "db-\(number)")
    let key = "k\(number)"
    return [
      entry(.attemptStarted(id, Attempt(key: key, number: 1, purpose: .forward))),
      entry(
        .outputReceived(key: key, .output, generation: 0, offset: 0, length: output.count),
        output: output),
      entry(.taskEnded(id, .done)),
    ]
  }
}
