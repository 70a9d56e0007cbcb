import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// `stash`: what it moves, what it refuses, and that all of it comes back.
@Suite("Moving files aside", .serialized)
struct StashTests {
  private func make(_ place: Workplace, _ globs: String, failing: Bool = false) throws {
    try place.writeRunbook(
      "aside",
      """
        on failure rollback
        step aside { stash \(globs) }
        \(failing ? "step fails { check `false` }" : "")
      """)
  }

  private func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  @Test func takesDotfilesAndNothingElseAndBringsThemBack() async throws {
    let place = try Workplace()
    let data = place.directory + "/in/data"
    _ = try await place.shell(
      "mkdir -p in/data/sub && cd in/data && touch a .b ..c 'd e' sub/f && ln -s none g")
    let before = names(data)
    try make(place, "\"\(data)/*\"", failing: true)
    let failed = try await place.reprise("run", "aside")
    #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
    #expect(failed.text.contains("moved 6 from"), "\(failed.text)")
    #expect(names(data) == before)
    #expect(names(place.directory + "/in") == ["data"])
  }

  @Test func nothingToMoveIsNoFailure() async throws {
    let place = try Workplace()
    _ = try await place.shell("mkdir -p in/data")
    try make(place, "\"\(place.directory)/in/data/*\" \"\(place.directory)/in/none/*\"")
    let done = try await place.reprise("run", "aside")
    #expect(done.status == 0, "\(done.text) \(done.errorText)")
    #expect(done.text.contains("does not exist: nothing to move"))
    #expect(try await place.reprise("rollback", "aside").status == 0)
  }

  @Test func aSecondStashKeepsTheFirst() async throws {
    let place = try Workplace()
    let data = place.directory + "/in/data"
    try make(place, "\"\(data)/*\"")
    for text in ["first", "second"] {
      _ = try await place.shell("mkdir -p in/data && echo \(text) > in/data/file")
      #expect(try await place.reprise("run", "aside").status == 0)
      #expect(names(data).isEmpty)
    }
    let kept = try await place.shell("cat in/.reprise-stash/*/*/file | sort").text
    #expect(kept == "first\nsecond\n")
    // What stands in the way of what comes back is moved aside, too.
    _ = try await place.shell("echo third > in/data/file")
    let undone = try await place.reprise("rollback", "aside")
    #expect(undone.status == 0, "\(undone.text) \(undone.errorText)")
    #expect(try await place.shell("cat in/data/file").text == "second\n")
    #expect(try await place.shell("cat in/.reprise-stash/*/displaced.*/file").text == "third\n")
  }

  @Test(.timeLimit(.minutes(5)))
  func takesAHundredThousandFiles() async throws {
    let place = try Workplace()
    let data = place.directory + "/in/data"
    _ = try await place.shell("mkdir -p in/data && cd in/data && seq 100000 | xargs touch")
    try make(place, "\"\(data)/*\"", failing: true)
    let failed = try await place.start(["run", "aside"]).wait(.seconds(240))
    #expect(failed.status == 1, "\(failed.text) \(failed.errorText)")
    #expect(failed.text.contains("moved 100000 from"), "\(failed.text)")
    #expect(names(data).count == 100_000)
  }

  /// Where nothing but the test's own directory can be written: a refusal that is broken must not
  /// cost the machine.
  @Test(
    .enabled(if: getuid() == 0, "mounts need root"),
    arguments: [
      "/", "/etc", "/*", "/etc/*", "/etc/passwd", "/usr/lib/x*", "/tmp/*", "/proc/*", "/var/lib",
      "/srv/[a-z]*", "/opt/.*",
    ])
  func refusesWhatNobodyCanMean(_ glob: String) async throws {
    let place = try Workplace()
    // Known only when it runs.
    try place.writeRunbook("aside", "  input glob: string\n  step aside { stash \"$glob\" }")
    let before = names("/etc")
    let refused = try await place.shell(
      """
      GLOB='\(glob)' timeout 60 unshare --mount bash -c '
        mount --bind "$PWD" "$PWD" && cd "$PWD" || exit 99
        while read -r _ _ _ _ mount _; do
          [ "$mount" = "$PWD" ] || mount -o remount,bind,ro "$(printf %b "$mount")" || exit 99
        done < /proc/self/mountinfo
        for directory in / /etc /usr /tmp; do
          ! touch "$directory/writable-$$" 2>/dev/null || exit 99
        done
        "$reprise" run aside --input "glob=$GLOB"'
      """)
    #expect(refused.status == 1, "\(refused.text)")
    #expect(refused.text.contains("refused: \(glob)"), "\(refused.text)")
    #expect(names("/etc") == before)
  }

  @Test(.enabled(if: getuid() == 0, "mounts need root"))
  func leavesTheRootOfAMountOnlyForAnotherFilesystem() async throws {
    let place = try Workplace()
    let data = place.directory + "/data"
    _ = try await place.shell("mkdir data")
    for (to, status, said) in [
      ("", 1, "is the root of a mount"), (" to \"\(data)/aside\"", 1, "refused"),
      (" to \"\(place.directory)/aside\"", 0, "moved 2 from"),
    ] {
      try make(place, "\"\(data)/*\"" + to)
      let result = try await place.shell(
        """
        timeout 60 unshare --mount sh -c '
          mount -t tmpfs none data && mkdir data/sub && echo 1 > data/sub/one && echo 2 > data/.two
          "$reprise" run aside; status=$?
          find data -type f | sort; exit $status'
        """)
      #expect(result.status == Int32(status), "\(result.text)")
      #expect(result.text.contains(said), "\(result.text)")
      #expect(result.text.contains("data/sub/one") == (status == 1), "\(result.text)")
    }
    #expect(try await place.shell("cat aside/*/1.1/sub/one aside/*/1.1/.two").text == "1\n2\n")
  }
}
