import Foundation
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// Renders the `report` declarations of a run from what its journal holds.
struct SessionReporter: Reporter {
  let directory: String
  let run: String

  func render(_ report: ReportDeclaration, of state: RunState, last: Fact?) async -> String? {
    do throws(JournalError) {
      let history = try await RunHistory.open(directory: directory)
      let facts = try await history.facts(of: run).map(\.fact) + [last].compactMap { $0 }
      let language = ReportWords.Language(rawValue: report.language) ?? .en
      return MarkdownReport.render(
        RunDocument(state, facts: facts), ReportWords(language), time: SessionReporter.local)
    } catch {
      return nil
    }
  }

  /// Local time with its zone, as people of the place write it.
  static func local(_ time: Timestamp) -> String {
    var seconds = time.milliseconds / 1000
    var parts = tm()
    localtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 64)
    let length = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S %Z", &parts)
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
