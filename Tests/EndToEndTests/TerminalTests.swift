import Foundation
import Testing

/// The live view on a terminal that `script` makes.
@Suite("On a terminal")
struct TerminalTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.writeRunbook(
      "wait",
      """
        step prepare { run `true` no rollback "a test" }
        step work "Works a while" {
          run `for i in 1 2 3; do echo "a rather long line of output, number $i of three"; sleep 1; done`
          no rollback "a test"
        }
        step tidy { run `true` no rollback "a test" }
      """)
    return place
  }

  /// What a terminal of that size was sent, and the exit status of the command.
  private func onTerminal(
    _ command: String, columns: Int = 80, rows: Int = 24, in place: Workplace
  ) async throws -> (status: Int, text: String) {
    try await place.shell(
      "script -qec 'stty cols \(columns) rows \(rows); \(command)' /dev/null < /dev/null")
  }

  @Test func drawsAFrameInPlaceThatFitsTheScreen() async throws {
    let place = try place()
    let shown = try await onTerminal(
      "TERM=xterm NO_COLOR=1 $reprise run wait", columns: 40, rows: 8, in: place)
    #expect(shown.status == 0)
    let frames = shown.text.components(separatedBy: "\u{1B}[J").dropLast()
    #expect(frames.count >= 3)
    for frame in frames {
      let lines = frame.components(separatedBy: "\u{1B}[K")
      #expect(lines.count <= 9)
      for line in lines {
        let text = line.filter { !$0.isNewline }.replacing(/\u{1B}\[[0-9]*A/, with: "")
        #expect(text.count < 40, "\(text)")
      }
    }
    #expect(shown.text.contains("▶ work"))
    #expect(shown.text.contains("run ") && shown.text.contains("done in"))
    #expect(!shown.text.contains("\u{1B}[?25l"))
  }

  @Test(arguments: ["TERM=dumb", "TERM="])
  func movesNoCursorWhereThatCannotBe(_ setting: String) async throws {
    let shown = try await onTerminal("\(setting) $reprise run wait", in: try place())
    #expect(shown.status == 0)
    #expect(!shown.text.contains("\u{1B}"))
    #expect(shown.text.contains("✓ work"))
  }

  @Test func saysEverythingInASCIIWhereTheLocaleHasNothingElse() async throws {
    let shown = try await onTerminal("TERM=xterm LC_ALL=C $reprise run wait", in: try place())
    #expect(shown.text.utf8.allSatisfy { $0 < 0x80 })
    #expect(shown.text.contains("> "))
  }

  @Test func detachesWhenTheTerminalGoesAway() async throws {
    let place = try place()
    // The end of `script` hangs its terminal up.
    let shown = try await place.shell(
      """
      TERM=xterm script -qefc '$reprise run wait' screen < /dev/null > /dev/null & script=$!
      until grep -q '▶ work' screen || ! kill -0 $script; do sleep 0.1; done
      kill -KILL $script
      for i in $(seq 300); do
        $reprise runs --json | grep '"reason":"detached"' && break
        sleep 0.1
      done
      """)
    #expect(shown.text.contains(#""reason":"detached""#), "\(shown.text)")
    #expect(try await place.reprise("resume").status == 0)
  }
}
