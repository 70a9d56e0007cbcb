import Foundation
import RunbookTestSupport
import Testing

/// Runs with somebody at the terminal: killed at each event, answered from elsewhere, resized.
@Suite("Runs at a terminal", .serialized)
struct AttendedTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.writeRunbook(
      "ask",
      """
        secret token from prompt
        step use { run `echo "$token" >> "\(place.directory)/used"` no rollback "a test" }
        step go { confirm "go on?" }
        step after { run `echo x >> "\(place.directory)/after"` no rollback "a test" }
      """)
    return place
  }

  private func text(_ name: String, in place: Workplace) -> String? {
    try? String(contentsOfFile: "\(place.directory)/\(name)", encoding: .utf8)
  }

  /// Types what is asked for, whatever of it is; the exit status.
  private func attend(_ command: String, answer: String, in place: Workplace) async throws -> Int32
  {
    let terminal = try TypedTerminal(command, in: place)
    for (question, typed) in [("token: ", "typed-secret\r"), ("go on?", answer)] {
      let hasCome = await waitUntil(.seconds(20)) {
        terminal.shown.contains(question) || !terminal.isRunning
      }
      #expect(hasCome, "\(terminal.shown)")
      if terminal.isRunning { try await terminal.answer(question, typed) }
    }
    return try await terminal.wait().status
  }

  /// A secret that is typed and a question that is answered with yes, or first with no.
  @Test(.timeLimit(.minutes(3)), arguments: ["y\r", "n\r"])
  func killedAtEachEventAskAgainOnlyWhatIsNotAnswered(_ answer: String) async throws {
    var event = 0
    var status: Int32 = 128 + 9
    while status == 128 + 9 {
      event += 1
      let place = try place()
      status = try await attend(
        "REPRISE_CRASH_AFTER_EVENT=\(event) $reprise run ask", answer: answer, in: place)
      var ended = status
      if ended == 128 + 9 {
        ended = try await attend("$reprise resume ask", answer: answer, in: place)
      }
      if answer == "n\r" {
        #expect(ended == 75, "killed after event \(event)")
        #expect(text("after", in: place) == nil, "killed after event \(event)")
        ended = try await attend("$reprise resume ask", answer: "y\r", in: place)
      }
      #expect(ended == 0, "killed after event \(event)")
      #expect(text("used", in: place) == "typed-secret\n", "killed after event \(event)")
      #expect(text("after", in: place) == "x\n", "killed after event \(event)")
    }
    #expect(event > 10)
  }

  @Test(.timeLimit(.minutes(1)), arguments: [false, true])
  func aSecondTerminalAnswersWhileTheFirstAsks(_ isDenied: Bool) async throws {
    let place = try place()
    let terminal = try TypedTerminal("$reprise run ask", in: place)
    try await terminal.answer("token: ", "typed-secret\r")
    #expect(await waitUntil(.seconds(20)) { terminal.shown.contains("go on?") })
    let answer =
      await isDenied
      ? try place.reprise("approve", "ask", "go", "--deny")
      : try place.reprise("approve", "ask", "go")
    #expect(answer.status == 0, "\(answer.text) \(answer.errorText)")
    let ended = try await terminal.wait()
    #expect(ended.status == (isDenied ? 75 : 0), "\(ended.text)")
    #expect(text("after", in: place) == (isDenied ? nil : "x\n"))
  }

  @Test(.timeLimit(.minutes(1)))
  func aTerminalThatShrinksIsDrawnToItsNewSize() async throws {
    let place = try Workplace()
    let directory = place.directory
    try place.writeRunbook(
      "wait",
      """
        step work "A title that is much longer than the terminal will be wide" {
          run ```
            echo "a line of output that is too long for a narrow terminal as well"
            while test -d "\(directory)" && ! test -e "\(directory)/go"; do sleep 0.1; done
          ```
          no rollback "a test"
        }
      """)
    let terminal = try TypedTerminal("tty > pts; $reprise run wait", in: place)
    #expect(await waitUntil(.seconds(20)) { terminal.shown.contains("too long for a narrow") })
    let before = terminal.shown.count
    let resized = try await place.shell("stty -F \"$(cat pts)\" cols 30 rows 8")
    #expect(resized.status == 0, "\(resized.text)")
    // The second frame after it was begun and ended with the new size.
    var frames: [String] = []
    let isDrawn = await waitUntil(.seconds(20)) {
      frames = String(terminal.shown.dropFirst(before)).components(separatedBy: "\u{1B}[J")
      return frames.count >= 4
    }
    #expect(isDrawn)
    for frame in frames.dropFirst(2).dropLast() {
      let lines = frame.components(separatedBy: "\u{1B}[K")
      #expect(lines.count <= 9)
      for line in lines {
        let text = line.filter { !$0.isNewline }.replacing(/\u{1B}\[[0-9]*A/, with: "")
        #expect(text.count < 30, "\(text)")
      }
    }
    try place.write("go", "")
    #expect(try await terminal.wait().status == 0)
  }
}
