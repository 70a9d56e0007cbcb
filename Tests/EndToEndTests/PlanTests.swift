import Foundation
import RunbookTestSupport
import Testing

/// `plan`: real hosts are asked, nothing is changed, nothing is guessed.
@Suite("What a run would do", .serialized)
struct PlanTests {
  /// Verdicts by task, as `plan --json` gives them.
  private func verdicts(_ site: Site, status: Int) throws -> [String: String] {
    let result = try site.reprise("plan", "work", "--json")
    #expect(result.status == status, "\(result.text) \(result.errorText)")
    var verdicts: [String: String] = [:]
    for line in result.text.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let step = object?["step"] as? String ?? ""
      let host = (object?["host"] as? String).map { "@" + $0 } ?? ""
      verdicts[step + host] = object?["verdict"] as? String
    }
    return verdicts
  }

  @Test(.timeLimit(.minutes(2)))
  func saysHostByHostWhatCanBeKnownAndChangesNothing() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step look on all {
            output found from `echo "$host"`
            check `test -d "$marks"`
          }
          step same on all {
            unless `test "$found" = "$host"`
            run `touch "$marks/same.$host"`
            no rollback "a test"
          }
          step one on all {
            unless `test "$host" = h2`
            run `touch "$marks/one.$host"`
            no rollback "a test"
          }
          step bare on all { run `touch "$marks/bare.$host"` no rollback "a test" }
          step later on all {
            require `test -e "$marks/bare.$host"`
            run `touch "$marks/later.$host"`
            no rollback "a test"
          }
        """)
      let known = try verdicts(site, status: 0)
      #expect(
        known == [
          "look@h1": "holds", "look@h2": "holds", "same@h1": "satisfied", "same@h2": "satisfied",
          "one@h1": "wouldRun", "one@h2": "satisfied", "bare@h1": "wouldRun",
          "bare@h2": "wouldRun", "later@h1": "unknown", "later@h2": "unknown",
        ])
      #expect(site.marks.isEmpty)
      let shown = try site.reprise("plan", "work")
      #expect(shown.text.contains("can't be known before one has run"))
      #expect(!FileManager.default.fileExists(atPath: "\(site.directory)/state"))
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func namesTheRequirementThatDoesNotHoldNow() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook(
        "work",
        """
          step first on all {
            require `test "$host" != h2 || { echo "no disk"; false; }` else "mount it on $host"
            run `touch "$marks/first"`
            no rollback "a test"
          }
        """)
      let known = try verdicts(site, status: 1)
      #expect(known == ["first@h1": "wouldRun", "first@h2": "stops"])
      let shown = try site.reprise("plan", "work")
      #expect(shown.text.contains("no disk"))
      #expect(shown.text.contains("mount it on h2"))
      #expect(site.marks.isEmpty)
    }
  }
}
