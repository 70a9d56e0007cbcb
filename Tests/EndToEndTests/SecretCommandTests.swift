import Foundation
import Glibc
import RunbookTestSupport
import Testing

@Suite("Secrets from commands")
struct SecretCommandTests {
  private func place(_ command: String) throws -> Workplace {
    let place = try Workplace()
    try place.writeRunbook(
      "ask",
      """
        secret token from command `\(command)`
        step use { run `printf %s "$token" > "\(place.directory)/got"` no rollback "a test" }
      """)
    return place
  }

  @Test func oneThatDoesNotEndIsEndedWithAllThatItStarted() async throws {
    let place = try place("sleep 300 & echo $! > pid; wait")
    let ended = try await place.shell("REPRISE_SECRET_SECONDS=5 $reprise run ask")
    #expect(ended.status == 65, "\(ended.text)")
    #expect(ended.text.contains("it took longer than 5 s"), "\(ended.text)")
    #expect(ended.text.contains("= help: "), "\(ended.text)")
    #expect(!FileManager.default.fileExists(atPath: place.directory + "/got"))
    let text = try String(contentsOfFile: place.directory + "/pid", encoding: .utf8)
    let pid = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(await waitUntil(.seconds(5)) { kill(pid, 0) != 0 }, "\(pid) lives")
  }

  @Test func whatItSaysIsShownAndWhatItPrintsIsTheValue() async throws {
    let place = try place("echo unlocking >&2; echo 'a value'; cat")
    let ended = try await place.reprise("run", "ask")
    #expect(ended.status == 0, "\(ended.text) \(ended.errorText)")
    #expect(ended.errorText.contains("unlocking\n"), "\(ended.errorText)")
    let got = try String(contentsOfFile: place.directory + "/got", encoding: .utf8)
    #expect(got == "a value")
  }

  @Test func oneThatFailsEndsTheRunBeforeItBegins() async throws {
    let ended = try await place("echo 'a value'; exit 3").reprise("run", "ask")
    #expect(ended.status == 65)
    #expect(ended.errorText.contains("its command ended with status 3"), "\(ended.errorText)")
  }
}
