import Foundation
import RunbookCore
import RunbookJournal
import RunbookTestSupport

/// Another process for the tests of the journal: it takes a run over, says so, and appends until
/// it is killed or a file named `enough` is in the state directory.
///
///     JournalTestWriter hold|write STATE RUN BELL LOG
///
/// BELL is a named pipe that the pid is written to; LOG gets the number of tasks whose append has
/// returned, in place.
@main enum JournalTestWriter {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6 else { exit(64) }
    let (state, run, bell, log) = (arguments[2], arguments[3], arguments[4], arguments[5])
    alarm(300)
    let file = try await JournalFile.open(directory: state)
    let (journal, stored) = try await file.takeOver(run: run)
    try await journal.append([
      JournalSamples.entry(
        .ownerTook(epoch: stored.epoch, process: Int(getpid()), operator: "root"))
    ])
    ring(bell)
    if arguments[1] == "hold" { pause() }
    let counter = open(log, O_RDWR | O_CREAT, 0o600)
    for number in 0..<1_000_000 where access(state + "/enough", F_OK) != 0 {
      try await journal.append(JournalSamples.task(number))
      var count = number + 1
      pwrite(counter, &count, MemoryLayout<Int>.size, 0)
    }
    await journal.release()
  }

  private static func ring(_ bell: String) {
    let descriptor = open(bell, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    var process = Int(getpid())
    write(descriptor, &process, MemoryLayout<Int>.size)
  }
}
