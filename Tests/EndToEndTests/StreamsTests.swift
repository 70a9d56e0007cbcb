import Foundation
import RunbookTestSupport
import Testing

/// Standard streams and the state directory in every condition that they come in.
@Suite("Streams and state")
struct StreamsTests {
  private func hello() async throws -> Workplace {
    let place = try Workplace()
    try place.writeRunbook(
      "hello", "step say { run `printf 'out\\377\\n'; printf err >&2` no rollback \"a test\" }")
    #expect(try await place.reprise("run", "hello").status == 0)
    return place
  }

  @Test(arguments: ["history", "runs", "show", "logs hello", "history --events --json"])
  func endsQuietlyWhenNobodyReads(_ command: String) async throws {
    let result = try await hello().shell("set -o pipefail; $reprise \(command) | true")
    #expect(result.status == 0)
    #expect(result.text.isEmpty)
  }

  @Test func aRunGoesOnWhenNobodyReads() async throws {
    let place = try await hello()
    let result = try await place.shell("set -o pipefail; $reprise run hello | true")
    #expect(result.status == 0)
    await #expect(
      try place.reprise("runs", "--json").text.components(separatedBy: "succeeded").count == 3)
  }

  @Test func tellsThatNothingCanBeWritten() async throws {
    let result = try await hello().shell("$reprise history > /dev/full")
    #expect(result.status == 1)
    #expect(result.text.contains("the output can't be written: No space left on device"))
  }

  @Test func worksWithClosedStreams() async throws {
    let place = try await hello()
    #expect(try await place.shell("$reprise run hello >&- 2>&- <&-").status == 0)
    #expect(try await place.shell("$reprise history >&-").status == 0)
    await #expect(
      try place.reprise("runs", "--json").text.components(separatedBy: "succeeded").count == 3)
  }

  @Test func givesATasksOutputByteForByte() async throws {
    let result = try await hello().reprise("logs", "hello", "say")
    #expect(result.output == Array("out".utf8) + [0xFF, 0x0A])
    #expect(result.error == Array("err".utf8))
  }

  @Test func givesOutputAsJSONFromWhichEveryByteComesBack() async throws {
    let place = try Workplace()
    // Longer than a piece, so that characters of three bytes are cut; then bytes that are no text.
    let long = String(repeating: "€", count: 200_001)
    try place.write("long", long)
    try place.writeRunbook(
      "hello",
      """
        step say {
          run `cat \(place.directory)/long; printf err >&2; test -e \(place.directory)/tried || { touch \(place.directory)/tried; exit 1; }`
          retry 2 every 1s
          no rollback "a test"
        }
        step binary { run `printf 'a\\377\\342\\202'` no rollback "a test" }
      """)
    let ran = try await place.reprise("run", "hello")
    #expect(ran.status == 0, "\(ran.text) \(ran.errorText)")
    var printed: [String: [UInt8]] = [:]
    for line in try await place.reprise("logs", "hello", "--json").text.split(separator: "\n") {
      let piece = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let source = ["step", "attempt", "kind", "stream"].map { "\(piece[$0] ?? "")" }
      let encoded = (piece["base64"] as? String).flatMap { Data(base64Encoded: $0) }
      let bytes = (piece["text"] as? String).map { Array($0.utf8) } ?? encoded.map(Array.init)
      printed[source.joined(separator: " "), default: []] += try #require(bytes)
    }
    let expected = [
      "say 1 attempt output": Array(long.utf8), "say 2 attempt output": Array(long.utf8),
      "say 1 attempt error": Array("err".utf8), "say 2 attempt error": Array("err".utf8),
      "binary 1 attempt output": [UInt8(ascii: "a"), 0xFF, 0xE2, 0x82],
    ]
    #expect(printed.keys.sorted() == expected.keys.sorted())
    // Not told whole where they differ: they are long.
    let differing = expected.keys.filter { printed[$0] != expected[$0] }
    #expect(differing == [])
    let one = try await place.reprise("logs", "hello", "binary", "--json").text
    #expect(one.split(separator: "\n").count == 2 && !one.contains("say"), "\(one)")
  }

  @Test func writesNoEscapeSequencesIntoAPipe() async throws {
    let place = try await hello()
    for command in ["run hello", "history", "show", "runs"] {
      #expect(!(try await place.shell("$reprise \(command) | cat").text.contains("\u{1B}")))
    }
    let colored = try await place.shell("$reprise runs --color always | cat")
    #expect(colored.text.contains("\u{1B}[32m✓"))
  }

  @Test func followsARunToItsEnd() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "count",
      """
        step c {
          run ```
            echo 1
            while test -d "\(place.directory)" && ! test -e "\(place.directory)/go"; do sleep 0.1; done
            echo 2; echo 3
          ```
          no rollback "a test"
        }
      """)
    // The first line that is followed lets the others come.
    let result = try await place.shell(
      """
      $reprise run count > /dev/null & engine=$!
      until $reprise runs 2>&1 | grep -q count || ! kill -0 $engine; do :; done
      $reprise logs count --follow | while read -r line; do echo "$line"; touch go; done
      wait
      """)
    #expect(result.text == "c | 1\nc | 2\nc | 3\n")
  }

  @Test func refusesStateThatCannotBeUsed() async throws {
    let place = try await hello()
    try FileManager.default.createDirectory(
      atPath: place.directory + "/damaged", withIntermediateDirectories: true)
    try place.write("damaged/reprise.sqlite", String(repeating: "no database ", count: 99))
    try FileManager.default.copyItem(
      atPath: place.directory + "/state", toPath: place.directory + "/newer")
    // Through SQLite: what lies in the log counts for more than what stands in the file.
    let made = try await place.shell("sqlite3 newer/reprise.sqlite 'PRAGMA user_version = 99'")
    #expect(made.status == 0, "\(made.text)")
    let cases = [
      ("damaged", "is damaged"), ("newer", "newer reprise"), ("/proc/none", "can't be made"),
    ]
    for (state, words) in cases {
      let result = try await place.reprise("run", "hello", "--state", state)
      #expect(result.status == 73)
      #expect(result.errorText.contains(words), "\(result.errorText)")
      #expect(result.errorText.contains("= help:"))
    }
  }

  /// Root writes into any directory; a read-only mount in a namespace of its own stops it too.
  private static let canMount =
    (try? SpawnedProcess.shell(
      "unshare --mount --map-root-user sh -c 'mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp'"
    ))?.status == 0

  @Test(.enabled(if: canMount, "needs a mount namespace"))
  func aReadOnlyStateCanBeReadAndNotWritten() async throws {
    let place = try await hello()
    let result = try await place.shell(
      """
      unshare --mount --map-root-user sh -c 'mount --bind state state &&
        mount -o remount,ro,bind state && $reprise runs && $reprise run hello'
      """)
    #expect(result.status == 73)
    #expect(result.text.contains("✓ done"))
    #expect(result.text.contains("Read-only file system"))
  }
}
