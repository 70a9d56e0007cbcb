import RunbookCore
import RunbookEngine
import RunbookLanguage
import RunbookReport

/// Everything that ends a command before it did what it was asked; prose is in `ErrorText`.
enum CommandError: Error {
  /// An option or argument makes no sense.
  case usage(String, help: String)
  case noSuchRunbook(String, directory: String, known: [String])
  case unreadable(path: String, reason: String, help: String)
  /// Mistakes in a runbook, its parts, its inventory or its inputs.
  case mistakes([Diagnostic])
  case journal(JournalError)
  case noRuns(directory: String)
  case noSuchTask(String, run: String, steps: [String])
  /// `--accept` or `--rerun` names nothing that is in doubt.
  case nothingToDecide(TaskName, run: String, doubts: [TaskID])
  /// The edited runbook can't take the place of the one that the run goes by.
  case cannotAdopt([AdoptionProblem], run: String)
  case secret(SecretProblem)
  /// - again: the command that begins another run like it.
  case rolledBack(run: String, again: String)
  /// Standard output, or a file that was asked for, can't be written; for another reason than that
  /// nobody reads it.
  case output(reason: String)
}
