import RunbookCore
import RunbookEngine
import RunbookLanguage
import RunbookReport

/// Every error that a person can meet, in words: what happened, where, what to do next.
struct ErrorText {
  let commands: Commands
  let style: Style

  func text(_ error: CommandError) -> String {
    switch error {
    case .mistakes(let diagnostics):
      return DiagnosticRenderer.render(diagnostics, color: style.isColored)
    case .usage(let what, let help): return text(what, help)
    case .unreadable(let path, let reason, let help):
      return text("\(path) can't be read: \(reason)", help)
    case .noSuchRunbook(let name, let directory, let known):
      return text(
        "no runbook is called `\(name)` in \(directory)",
        TextFile.exists(name + ".runbook")
          ? "a path ends in .runbook: `\(name).runbook`"
          : Suggestion.nearest(to: name, among: known).map { "did you mean `\($0)`?" }
            ?? (known.isEmpty
              ? "there are none in it; --runbooks DIR says where they are"
              : "there are " + Words.list(known, most: 8)))
    case .journal(let error): return text(error)
    case .noRuns(let directory):
      return text(
        "there are no runs in \(directory) yet",
        "begin one with `reprise run NAME`; --state DIR says where runs are kept")
    case .noSuchTask(let name, let run, let steps):
      return text(
        "run \(run) has no task `\(name)`",
        Suggestion.nearest(to: name, among: steps).map { "did you mean `\($0)`?" }
          ?? "`\(commands.show(run))` shows its steps")
    case .nothingToDecide(let name, let run, let doubts):
      return text(
        "no task of run \(run) that `\(name)` names is in doubt",
        doubts.isEmpty
          ? "none is; go on with `\(commands.resume(run))`"
          : "in doubt: " + Words.list(doubts.map(\.description), most: 8))
    case .cannotAdopt(let problems, let run):
      return problems.map { text($0, run: run) }.joined()
    case .secret(let problem):
      return text("the secret \(problem.name) can't be read: \(problem.reason)", problem.remedy)
    case .rolledBack(let run, let again):
      return text(
        "run \(run) was rolled back completely: nothing of it is left to go on with or to undo",
        "begin anew with `\(again)`")
    case .output(let reason):
      return text(
        "the output can't be written: \(reason)",
        "name a file that can be written, on a disk that has room")
    }
  }

  private func text(_ problem: AdoptionProblem, run: String) -> String {
    let resume = commands.resume(run)
    switch problem {
    case .underway(let id):
      return text(
        "\(id) is at work, and the edited runbook changes it",
        "let it end first: `\(resume)`, or `reprise cancel \(run)`")
    case .inDoubt(let id):
      return text(
        "\(id) is in doubt, and the edited runbook changes it",
        "decide about it too: `--rerun \(id)` or `--accept \(id)`")
    case .locks:
      return text(
        "the edited runbook has other locks than run \(run) holds",
        "leave its locks as they were, or begin a new run")
    case .rolledBack(let scope):
      let what = scope.isEmpty ? "the runbook" : scope
      return text(
        "\(what) was rolled back, or is being rolled back, and the edited runbook changes it",
        "leave it as it was, or begin a new run")
    case .rolling(let block):
      return text(
        "the rolling block \(block) has begun, and the edited runbook has it otherwise",
        "leave its group, its size and its place as they were")
    case .noValue(let id, let output):
      return text(
        "\(id) is to be taken as it stands and has given no value for its output \(output)",
        "start it again with `--rerun`, or give the output a default")
    }
  }

  func text(_ error: JournalError) -> String {
    switch error {
    case .notFound(let path):
      return text(
        "there is no directory \(path), and it can't be made", "choose another one with --state DIR"
      )
    case .noSuchRun("", _):
      return text("no run can be resumed", "`\(commands.runs())` shows them all")
    case .noSuchRun(let name, let suggestions):
      return text(
        "no run is called `\(name)`",
        suggestions.isEmpty
          ? "`\(commands.runs())` shows them all"
          : "did you mean " + suggestions.map { "`\($0)`" }.joined(separator: " or ") + "?")
    case .ambiguousRun(let name, let matches):
      return text("several runs can be meant by `\(name)`", "say which: " + Words.list(matches))
    case .notWritable(let path, let reason):
      if TextFile.isFile(path) {
        return text(
          "\(path) is a file: the state needs a directory", "name a directory with --state DIR")
      }
      return text(
        "the state in \(path) can't be written: \(reason)",
        "make the directory writable for you, or choose another one with --state DIR")
    case .full(let path):
      return text("the disk of \(path) is full", "make room and try again: nothing is lost")
    case .damaged(let path, let detail):
      return text(
        "\(path) is damaged: \(detail)",
        "put back a good copy of it, or choose another directory with --state DIR; do not edit it")
    case .newerVersion(let path, let found, let supported):
      return text(
        "\(path) was written by a newer reprise (version \(found), this one knows \(supported))",
        "use the reprise that wrote it, or a newer one")
    case .networkFilesystem(let path, let kind):
      return text(
        "\(path) is on a network filesystem (\(kind)), where its locks can't be relied on",
        "choose a directory on a local disk with --state DIR")
    case .busy(let path, let seconds):
      return text(
        "\(path) was in use by other processes for \(seconds)s",
        "try again; `\(commands.runs())` shows who is at work")
    case .owned(let run, let process, let isStopped):
      return text(
        "run \(run) is driven by process \(process)" + (isStopped ? ", which is stopped" : ""),
        isStopped
          ? "let it go on with `kill -CONT \(process)`, or end it with `kill -KILL \(process)`"
          : "watch it with `\(commands.logs(run, "--follow"))`; `kill \(process)` makes it detach")
    case .lockHeld(let name, let run):
      return text(
        "the lock \"\(name)\" is held by run \(run)",
        "wait for its end. Where nobody drives it (`\(commands.show(run))`): go on with it, "
          + "`\(commands.resume(run))`, or end it, `\(commands.cancel(run))`")
    case .superseded(let run, _):
      return text(
        "another process has taken run \(run) over",
        "see how it stands: `\(commands.show(run))`")
    case .outdated(let run, let detail):
      return text(
        "the journal of run \(run) is older than what its hosts have done: \(detail)",
        "use the newest copy of the state directory; nothing was started")
    case .forgotten(let run, let host):
      return text(
        "\(host) has nothing left of run \(run): this journal is an older copy of a run that has "
          + "ended, or \(host) was set up anew",
        "use the newest copy of the state directory; nothing was started. Where that host was set up "
          + "anew, or its state removed, go on with `\(commands.resume(run, " --ignore-drift"))`")
    case .other(let detail): return text("the state can't be used: \(detail)", nil)
    }
  }

  /// `error: …`, then `  = help: …`, as diagnostics look that are about no file.
  private func text(_ what: String, _ help: String?) -> String {
    let shown = style.paint("error", .bad) + ": " + Printable.text(what) + "\n"
    guard let help else { return shown }
    return shown + "  = " + style.paint("help", .active) + ": " + Printable.text(help) + "\n"
  }
}
