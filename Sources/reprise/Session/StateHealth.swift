import Glibc
import RunbookEngine
import RunbookJournal
import RunbookReport

/// Whether the state directory can be used and holds what was written to it.
@MainActor struct StateHealth {
  let directory: String

  var findings: [Finding] {
    get async {
      do throws(JournalError) {
        return try await writable + disk + chains(try await RunHistory.open(directory: directory))
      } catch {
        if case .notFound = error {
          return [Finding(area: .state, grade: .note, text: "no state in \(directory) yet")]
        }
        let text = ErrorText(commands: Commands(), style: .plain).text(error)
        let lines = text.split(separator: "\n").map(String.init)
        return [
          Finding(
            area: .state, grade: .bad,
            text: lines.first?.replacing("error: ", with: "") ?? "it can't be used",
            help: lines.dropFirst().first?.replacing("  = help: ", with: ""))
        ]
      }
    }
  }

  /// Reading takes less: a run can't even begin where nothing can be written.
  private var writable: [Finding] {
    if access(directory, W_OK | X_OK) == 0 { return [] }
    return [
      Finding(
        area: .state, grade: .bad,
        text: "\(directory) can't be written: \(String(cString: strerror(errno)))",
        help: "let it belong to the user who runs reprise, or give another one with --state DIR")
    ]
  }

  private var disk: [Finding] {
    var facts = statvfs()
    guard statvfs(directory, &facts) == 0 else { return [] }
    let free = Int(facts.f_bavail) * Int(facts.f_frsize)
    if free < 256 << 20 {
      return [
        Finding(
          area: .disk, grade: .bad, text: "only \(Words.size(free)) are free in \(directory)",
          help: "make room: a full disk stops every run before its next step")
      ]
    }
    return [Finding(area: .disk, grade: .good, text: "\(Words.size(free)) free in \(directory)")]
  }

  /// Every event of every run against its hash.
  private func chains(_ history: RunHistory) async throws(JournalError) -> [Finding] {
    let runs = try await history.runs(limit: .max)
    var events = 0
    var broken: [Finding] = []
    for run in runs {
      switch try await history.verify(run.id) {
      case .intact(let count, _): events += count
      case .broken(let breach):
        broken.append(
          Finding(
            area: .state, grade: .bad, text: "run \(run.id) is damaged: \(breach.detail(run.id))",
            help: "put back a good copy of the state directory; other runs are not touched by it"))
      }
    }
    let open = runs.filter(\.isResumable)
    var findings = broken
    if broken.isEmpty {
      findings.append(
        Finding(
          area: .state, grade: .good,
          text: "\(Words.count(runs.count, "run")) with \(Words.count(events, "event")), every "
            + "chain intact"))
    }
    if !open.isEmpty {
      findings.append(
        Finding(
          area: .state, grade: .note,
          text: "\(Words.count(open.count, "run")) can be resumed: "
            + Words.list(open.map(\.id))))
    }
    return findings
  }
}
