import GRDB
import RunbookEngine

extension RunHistory {
  /// The run that a person means by RUN: an id, a unique prefix of one, or the name of a runbook
  /// for its latest run; left out, the newest run that can be resumed, else the newest that runs.
  ///
  /// - Throws: `ambiguousRun` with the ids where several fit, also where a prefix fits one run and
  ///   a runbook's name another; `noSuchRun` with names that are close (`""` where none was given).
  package func find(_ name: String?) async throws(JournalError) -> RunSummary {
    guard let name else { return try await newestToGoOn() }
    let all = try await names()
    if let run = all.first(where: { $0.id == name }) { return try await summary(of: run.id) }
    // A runbook's whole name is never taken for the beginning of an id, which is there by chance.
    if let latest = all.first(where: { $0.runbook == name }) {
      return try await summary(of: latest.id)
    }
    let fitting = all.filter { !name.isEmpty && $0.id.hasPrefix(name) }
    guard let run = fitting.first else {
      throw .noSuchRun(name, suggestions: suggestions(for: name, all))
    }
    guard fitting.count == 1 else {
      throw .ambiguousRun(name, matches: fitting.prefix(8).map(\.id))
    }
    return try await summary(of: run.id)
  }

  private func newestToGoOn() async throws(JournalError) -> RunSummary {
    let open = try await runs().filter { !$0.isOver }
    guard let run = open.first(where: \.isResumable) ?? open.first else {
      throw .noSuchRun("", suggestions: [])
    }
    return run
  }

  private struct Name: Sendable {
    var id: String
    var runbook: String
  }

  /// Newest first.
  private func names() async throws(JournalError) -> [Name] {
    try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT run.id, summary.runbook FROM summary JOIN run ON run.number = summary.run
          ORDER BY summary.run DESC
          """
      ).map { Name(id: try $0.text(0), runbook: try $0.text(1)) }
    }
  }

  private func suggestions(for name: String, _ all: [Name]) -> [String] {
    var seen: Set<String> = []
    return (all.map(\.runbook) + all.map(\.id))
      .filter { seen.insert($0).inserted && distance($0, name) <= (name.count < 5 ? 1 : 2) }
      .prefix(3).map(\.self)
  }
}

/// How many characters must be put in, taken out or replaced to make one of the other.
private func distance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  guard abs(a.count - b.count) < 3 else { return 3 }
  var row = Array(0...b.count)
  for (i, left) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, right) in b.enumerated() {
      let replaced = diagonal + (left == right ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
