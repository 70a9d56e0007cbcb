import Foundation
import RunbookTestSupport
import Testing

/// `plan`: real hosts are asked, nothing is changed, nothing is guessed.
@Suite("What a run would do", .serialized)
struct PlanTests {
  /// Verdicts by task, as `plan --json` gives them.
  private func verdicts(
    _ site: Site, status: Int, environment: [String: String] = [:]
  ) async throws -> [String: String] {
    let before = try tree(site)
    let result = try await site.reprise("plan", "work", "--json", environment: environment)
    #expect(try tree(site) == before, "nothing is changed on any host")
    #expect(result.status == status, "\(result.text) \(result.errorText)")
    var verdicts: [String: String] = [:]
    for line in result.text.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let step = object?["step"] as? String ?? ""
      let host = (object?["host"] as? String).map { "@" + $0 } ?? ""
      let batch = (object?["batch"] as? [Int])?.first.map { "#\($0)" } ?? ""
      verdicts[step + host + batch] = object?["verdict"] as? String
    }
    return verdicts
  }

  /// Everything that a run could change: the hosts' files and where supervisors keep their state.
  private func tree(_ site: Site) throws -> String {
    try site.shell(
      """
      find marks '\(site.stateHome)' -printf '%p %m\\n' | sort
      find marks '\(site.stateHome)' -type f -printf '%p %T@\\n' -exec cksum {} + | sort
      """)
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
      let known = try await verdicts(site, status: 0)
      #expect(
        known == [
          "look@h1": "holds", "look@h2": "holds", "same@h1": "satisfied", "same@h2": "satisfied",
          "one@h1": "wouldRun", "one@h2": "satisfied", "bare@h1": "wouldRun",
          "bare@h2": "wouldRun", "later@h1": "unknown", "later@h2": "unknown",
        ])
      #expect(site.marks.isEmpty)
      let shown = try await site.reprise("plan", "work")
      #expect(shown.text.contains("can't be known before one has run"))
      #expect(!FileManager.default.fileExists(atPath: "\(site.directory)/state"))
      #expect(try site.shell("ls '\(site.stateHome)'").isEmpty, "what was made for it is gone")
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
      let known = try await verdicts(site, status: 1)
      #expect(known == ["first@h1": "wouldRun", "first@h2": "stops"])
      let shown = try await site.reprise("plan", "work")
      #expect(shown.text.contains("no disk"))
      #expect(shown.text.contains("mount it on h2"))
      #expect(site.marks.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func goesThroughBatchesAndBranches() async throws {
    try await Site.run { site in
      try site.writeRunbook(
        "work",
        """
          parallel {
            step left on all { check `true` }
            step right { check `true` }
          }
          rolling all by 2 {
            step done on all { unless `test "$all" != "h1 h2"` run `exit 1` no rollback "a test" }
          }
          parallel {
            step one on all { run `touch "$marks/one"` no rollback "a test" }
            step two on all { require `true` run `touch "$marks/two"` no rollback "a test" }
          }
        """)
      let known = try await verdicts(site, status: 0)
      #expect(known["left@h3"] == "holds")
      #expect(known["right"] == "holds")
      #expect(known["done@h1#1"] == "wouldRun")
      #expect(known["done@h2#1"] == "wouldRun")
      #expect(known["done@h3#2"] == "unknown", "the first batch changes the world that it meets")
      #expect(known["one@h1"] == "wouldRun")
      #expect(known["two@h2"] == "unknown")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func triesAlternativesOnlyAsFarAsCanBeKnown() async throws {
    try await Site.run(hosts: 1) { site in
      func runbook(_ first: String) -> String {
        """
          first of {
            phase pull { step get on all { \(first) run `touch "$marks/a"` no rollback "a test" } }
            phase copy { step put on all { run `touch "$marks/b"` no rollback "a test" } }
          }
        """
      }
      try site.writeRunbook("work", runbook("require `false`"))
      await #expect(
        try verdicts(site, status: 0) == ["pull/get@h1": "stops", "copy/put@h1": "wouldRun"])
      try site.writeRunbook("work", runbook("require `true`"))
      await #expect(
        try verdicts(site, status: 0) == ["pull/get@h1": "wouldRun", "copy/put@h1": "unknown"])
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func keepsSecretsAndReadsOnlyThoseOfItsQuestions() async throws {
    try await Site.run(hosts: 1) { site in
      try site.writeRunbook(
        "work",
        """
          secret word from env "WORD"
          secret other from env "OTHER"
          step look on all { require `echo "it is $word"; test "$word" = "$marks"` run `true` no rollback "a test" }
          step use on all { run `test "$other"` no rollback "a test" }
        """)
      let shown = try await site.reprise("plan", "work", environment: ["WORD": "s3cr3t-word"])
      #expect(shown.status == 1, "\(shown.text) \(shown.errorText)")
      #expect(shown.text.contains("found   it is ***"), "\(shown.text)")
      #expect(!(shown.text + shown.errorText).contains("s3cr3t"))
      let known = try await verdicts(site, status: 1, environment: ["WORD": "s3cr3t-word"])
      #expect(known == ["look@h1": "stops", "use@h1": "unknown"])
      let missing = try await site.reprise("plan", "work")
      #expect(missing.status == 65, "\(missing.text) \(missing.errorText)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func namesAHostThatCanNotBeReachedAndAsksTheOthers() async throws {
    try await Site.run(hosts: 2) { site in
      try site.writeRunbook("work", "step look on all { check `test -d \"$marks\"` }")
      site.servers[1].stop()
      #expect(try await verdicts(site, status: 69) == ["look@h1": "holds", "look@h2": "noAnswer"])
      let shown = try await site.reprise("plan", "work")
      #expect(shown.text.contains("h2: can't be reached"), "\(shown.text)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func comparesTheContentOfUploadsAndNothingBehindAChange() async throws {
    try await Site.run(hosts: 2) { site in
      try site.write("runbooks/file", "new\n")
      try site.shell("mkdir marks/h1 marks/h2; printf 'new\\n' > marks/h1/file")
      try site.writeRunbook(
        "work",
        """
          step put on all { upload "file" to "$marks/$host/file" }
          step again on all { upload "file" to "$marks/$host/again" }
          step make { run `echo "$reprise_run" > "$marks/made"` no rollback "a test" }
          step missing on all { upload "$marks/made" to "$marks/$host/made" }
        """)
      await #expect(
        try verdicts(site, status: 0) == [
          "put@h1": "satisfied", "put@h2": "wouldRun", "again@h1": "unknown",
          "again@h2": "unknown", "make": "wouldRun", "missing@h1": "unknown",
          "missing@h2": "unknown",
        ])
    }
  }
}
