import Foundation
import RunbookTestSupport
import Testing

@Suite("A frame that TCP delivers after its engine's death", .serialized)
struct LateFrameTests {
  private static let possible = ConditionTrait.enabled(
    if: Cable.isPossible, "needs root, ip netns and ss (iproute2)")

  /// An engine dies once it has sent the frame of `counted` into a cable that leads nowhere; the
  /// cable is mended while the kernel's next repetition is more than ten seconds away.
  private static func run(
    ending last: String = "", isolation: isolated (any Actor)? = #isolation,
    _ body: (Cable) async throws -> Void
  ) async throws {
    let cable = try Cable()
    defer { cable.remove() }
    let marks = "\(cable.directory)/marks"
    func mark(_ name: String, until gate: String = "") -> String {
      let wait = "while test -d \(marks) && ! test -e \(marks)/\(gate); do sleep 0.1; done"
      let action = "echo x >> \(marks)/\(name)" + (gate.isEmpty ? "" : "; \(wait)")
      return "run `\(action)` no rollback \"a test\""
    }
    try """
    runbook late {
      inventory "servers.tsv"
      hosts h is "h"
      step before on h { \(mark("before")) }
      step gate { \(mark("gate", until: "open")) }
      step counted on h { \(mark("counted")) }
      \(last.isEmpty ? "" : "step \(last) { \(mark(last, until: "closed")) }")
    }
    """.write(
      toFile: "\(cable.directory)/runbooks/late.runbook", atomically: true, encoding: .utf8)

    let first = try cable.start("run late --runbooks runbooks")
    defer { first.end() }
    #expect(await waitUntil(.seconds(30)) { cable.mark("gate") != nil })
    try cable.cut()
    #expect(FileManager.default.createFile(atPath: "\(marks)/open", contents: nil))
    let started = await waitUntil(.seconds(30)) {
      Cable.run(
        "cd \(cable.directory) && \(RepriseProcess.binary) history --events --json --state state "
          + "| grep attemptStarted | grep -q counted") == 0
    }
    #expect(started, "`counted` is begun")
    #expect(
      await waitUntil(.seconds(10)) { cable.hasUnconfirmedBytes }, "its frame is on the way")
    first.end()
    #expect(await waitUntil(.seconds(60)) { cable.hasBackedOff }, "the kernel waits long")
    try cable.mend()
    try await body(cable)
    #expect(await waitUntil(.seconds(60)) { cable.isQuiet }, "everything has arrived")
    #expect(cable.mark("counted") == "x\n")
    #expect(cable.mark("before") == "x\n")
  }

  @Test(possible, .timeLimit(.minutes(4)))
  func doesNothingOnceTheRunHasEnded() async throws {
    try await Self.run { cable in
      let second = try cable.start("resume")
      defer { second.end() }
      #expect(await waitUntil(.seconds(60)) { !second.isRunning }, "resume ends")
      #expect(second.exitStatus == 0)
      #expect(cable.mark("counted") == "x\n")
      #expect(cable.hasOrphan, "the dead engine's frame comes later than that")
    }
  }

  /// The claim of `counted` is taken away, so that nothing but the epoch stands against the frame.
  @Test(possible, .timeLimit(.minutes(4)))
  func doesNothingWhileTheRunGoesOn() async throws {
    try await Self.run(ending: "last") { cable in
      let second = try cable.start("resume")
      defer { second.end() }
      #expect(await waitUntil(.seconds(60)) { cable.mark("last") != nil || !second.isRunning })
      #expect(cable.mark("counted") == "x\n")
      let claims = "\(cable.directory)/home/reprise/*/h"
      #expect(Cable.run("set -- \(claims)/*.c; test -e \"$1\" && rm -- \(claims)/*.[cw]*") == 0)
      #expect(cable.hasOrphan, "the dead engine's frame comes later than that")
      #expect(await waitUntil(.seconds(60)) { !cable.hasOrphan }, "it comes")
      #expect(second.isRunning, "while the run goes on")
      #expect(
        FileManager.default.createFile(
          atPath: "\(cable.directory)/marks/closed", contents: nil))
      #expect(await waitUntil(.seconds(60)) { !second.isRunning }, "resume ends")
      #expect(second.exitStatus == 0)
    }
  }
}
