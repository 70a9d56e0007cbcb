import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// A host whose power is cut while an action runs on it: nobody can know how far that came.
@Suite("A host that loses its power", .serialized)
struct PowerLossTests {
  struct Loss: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The disk comes back as it was before the action's claim: what was not synced is gone.
    let losesFiles: Bool
    let engineDiesToo: Bool
  }

  static let losses = [
    Loss(
      testDescription: "with its newest files, while the engine watches", losesFiles: true,
      engineDiesToo: false),
    Loss(
      testDescription: "with its newest files, and the engine is gone", losesFiles: true,
      engineDiesToo: true),
    Loss(
      testDescription: "and keeps its files", losesFiles: false, engineDiesToo: true),
  ]

  /// The gate is passed when a copy of the hosts' state was taken. Of the three hosts the third has a
  /// check that holds; of the others nothing can tell.
  private static let runbook = """
      step before on all { run `echo x >> "$marks/before.$host"` no rollback "a test" }
      step gate {
        run `touch "$marks/gate"; while test -d "$marks" && ! test -e "$marks/go"; do sleep 0.1; done`
        no rollback "a test"
      }
      step work on all {
        run ```
          echo x >> "$marks/work.$host"
          while test -d "$marks" && ! test -e "$marks/mended"; do sleep 0.1; done
        ```
        check `test "$host" = h3 || test -e "$marks/mended"`
        no rollback "a test"
      }
      step after on all { run `echo x >> "$marks/after.$host"` no rollback "a test" }
    """

  @Test(.timeLimit(.minutes(2)), arguments: losses)
  func isInDoubtUntilAPersonDecides(_ loss: Loss) async throws {
    let home = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: home) }
    try "first".write(toFile: home + "/boot", atomically: true, encoding: .utf8)
    // Of several SetEnv lines sshd takes the first.
    let setting = "SetEnv XDG_STATE_HOME=\(home)/state REPRISE_BOOT_ID_FILE=\(home)/boot"
    try await Site.run(configuration: [setting]) { site in
      try site.writeRunbook("work", Self.runbook)
      let process = try site.start(["run", "work"])
      #expect(await waitUntil(.seconds(20)) { site.mark("before.h3") != nil })
      #expect(await waitUntil(.seconds(20)) { site.marks.contains("gate") })
      try site.shell("cp -a '\(home)/state' '\(home)/early'")
      try site.write("marks/go", "")
      #expect(
        await waitUntil(.seconds(20)) { site.hosts.allSatisfy { site.mark("work.\($0)") != nil } })

      if loss.engineDiesToo {
        process.kill()
        _ = try await process.wait()
      }
      for server in site.servers { server.stop() }
      endAllOfHost(home)
      if loss.losesFiles {
        try site.shell("rm -r '\(home)/state' && mv '\(home)/early' '\(home)/state'")
      }
      try "second".write(toFile: home + "/boot", atomically: true, encoding: .utf8)
      for server in site.servers { try await server.start() }

      // In doubt, and so it stays however often it is looked at.
      let first = try await loss.engineDiesToo ? site.reprise("resume") : process.wait()
      for stopped in [first, try await site.reprise("resume")] {
        #expect(stopped.status == 75, "\(stopped.text) \(stopped.errorText)")
        for host in ["h1", "h2"] {
          #expect(stopped.text.contains("work on \(host): can't know whether it ran to its end"))
          #expect(stopped.text.contains("--rerun work@\(host)"), "\(stopped.text)")
          #expect(stopped.text.contains("--accept work@\(host)"), "\(stopped.text)")
        }
        #expect(!stopped.text.contains("work on h3: can't know"), "its check holds")
        #expect(stopped.text.contains("rebooted"), "\(stopped.text)")
        #expect(site.hosts.allSatisfy { site.mark("work.\($0)") == "x\n" })
        #expect(site.mark("after.h1") == nil)
      }

      let accepted = try await site.reprise("resume", "--accept", "work@h1")
      #expect(accepted.status == 75, "\(accepted.text) \(accepted.errorText)")
      #expect(!accepted.text.contains("work on h1: can't know"), "\(accepted.text)")
      #expect(accepted.text.contains("work on h2: can't know"), "\(accepted.text)")
      #expect(site.mark("work.h2") == "x\n")
      try site.write("marks/mended", "")
      let again = try await site.reprise("resume", "--rerun", "work@h2")
      #expect(again.status == 0, "\(again.text) \(again.errorText)")
      for host in site.hosts {
        #expect(site.mark("before.\(host)") == "x\n")
        #expect(site.mark("work.\(host)") == (host == "h2" ? "x\nx\n" : "x\n"))
        #expect(site.mark("after.\(host)") == "x\n")
      }
    }
  }

  /// Ends every process that has the hosts' state directory: their loops, wrappers and actions.
  private func endAllOfHost(_ home: String) {
    let setting = Data("XDG_STATE_HOME=\(home)/state".utf8)
    let isGone = waitUntil(.seconds(10)) {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      let found = names.compactMap { pid_t($0) }.filter {
        FileManager.default.contents(atPath: "/proc/\($0)/environ")?.range(of: setting) != nil
      }
      for pid in found { kill(pid, SIGKILL) }
      return found.isEmpty
    }
    #expect(isGone)
  }
}
