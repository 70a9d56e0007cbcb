import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// What a person is asked at a terminal, and types.
@Suite("Questions at a terminal", .serialized)
struct QuestionTests {
  @Test(.timeLimit(.minutes(1)))
  func aSecretIsTypedWithoutEcho() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "ask",
      """
        secret token from prompt
        step use {
          run `printf %s "$token" | wc -c > "\(place.directory)/length"`
          no rollback "a test"
        }
        step go { confirm "go on?" }
      """)
    let terminal = try TypedTerminal("$reprise run ask", in: place)
    try await terminal.answer("token: ", "typed-secret-é\r")
    try await terminal.answer("go on?", "yes\r")
    let shown = try await terminal.wait()
    #expect(shown.status == 0, "\(shown.text)")
    #expect(!shown.text.contains("typed-secret"))
    // What is no secret is echoed as it is typed: the terminal does echo.
    #expect(shown.text.contains("yes\r\n"), "\(shown.text)")
    let length = try String(contentsOfFile: place.directory + "/length", encoding: .utf8)
    #expect(length.trimmingCharacters(in: .whitespacesAndNewlines) == "15")
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["\u{4}", "\u{3}", "\r"])
  func aSecretThatIsNotTypedEndsTheCommandBeforeAnythingRan(_ typed: String) async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "ask",
      """
        secret token from prompt
        step use { run `touch "\(place.directory)/ran" "$token"` no rollback "a test" }
      """)
    let terminal = try TypedTerminal("$reprise run ask; stty -a", in: place)
    try await terminal.answer("token: ", typed)
    let shown = try await terminal.wait()
    #expect(shown.text.contains("the secret token can't be read"), "\(shown.text)")
    // The terminal echoes again.
    #expect(shown.text.contains(" echo "), "\(shown.text)")
    #expect(!FileManager.default.fileExists(atPath: place.directory + "/ran"))
  }

  struct Answer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let typed: String
    let status: Int32
  }

  static let answers = [
    Answer(testDescription: "yes", typed: "maybe\ry\r", status: 0),
    Answer(testDescription: "no", typed: "n\r", status: 75),
    Answer(testDescription: "end of input", typed: "\u{4}", status: 75),
  ]

  @Test(.timeLimit(.minutes(1)), arguments: answers)
  func aConfirmationIsTyped(_ answer: Answer) async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "ask",
      """
        step before { run `true` no rollback "a test" }
        step go { confirm "go on?" }
        step after { run `touch "\(place.directory)/after"` no rollback "a test" }
      """)
    let terminal = try TypedTerminal("$reprise run ask", in: place)
    try await terminal.answer("go on?", answer.typed)
    let shown = try await terminal.wait()
    #expect(shown.status == answer.status, "\(shown.text)")
    let hasRun = FileManager.default.fileExists(atPath: place.directory + "/after")
    #expect(hasRun == (answer.status == 0))
    guard answer.status != 0 else { return }
    #expect(shown.text.contains("reprise resume"), "\(shown.text)")
    // Asked again by whoever resumes.
    let later = try TypedTerminal("$reprise resume", in: place)
    try await later.answer("go on?", "y\r")
    #expect(try await later.wait().status == 0)
  }
}

/// A command on a terminal of its own that echoes, with somebody who types.
final class TypedTerminal {
  private let process = Process()
  private let input = Pipe()
  private let file: String

  init(_ command: String, in place: Workplace) throws {
    file = place.directory + "/screen-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: file))
    process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    process.arguments = ["-qefc", "stty cols 80 rows 24; " + command, "-E", "always", "/dev/null"]
    process.currentDirectoryURL = URL(fileURLWithPath: place.directory)
    process.environment = ProcessInfo.processInfo.environment.merging([
      "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TERM": "xterm", "SHELL": "/bin/sh",
      "reprise": RepriseProcess.binary, "XDG_STATE_HOME": place.directory + "/supervisor",
    ]) { $1 }
    process.standardInput = input
    process.standardOutput = FileHandle(forWritingAtPath: file)
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  var isRunning: Bool { process.isRunning }

  var shown: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

  /// Types once the question stands on the screen.
  func answer(_ question: String, _ typed: String) async throws {
    guard await waitUntil(.seconds(20), { shown.contains(question) }) else {
      process.terminate()
      throw TestFailure("not asked: \(shown)")
    }
    try input.fileHandleForWriting.write(contentsOf: Data(typed.utf8))
  }

  func wait() async throws -> (status: Int32, text: String) {
    let hasEnded = await waitUntil(.seconds(20)) { !process.isRunning }
    if !hasEnded { process.terminate() }
    process.waitUntilExit()
    if !hasEnded { throw TestFailure("does not end: \(shown)") }
    return (process.terminationStatus, shown)
  }
}
