import Foundation
import RunbookTestSupport
import Testing

@Suite("A host with too little space", .serialized)
struct DiskFloorTests {
  @Test(.timeLimit(.minutes(1))) func startsNothingThereAndGoesOnWhenThereIsRoom() async throws {
    // A df of the test's own comes first in PATH: what it says is free can be set.
    let tools = try LoopbackSSHD.makeDirectory()
    let state = try LoopbackSSHD.makeDirectory()
    defer { for path in [tools, state] { try? FileManager.default.removeItem(atPath: path) } }
    func setFree(_ kibibytes: Int) throws {
      try """
      #!/bin/sh
      echo Filesystem 1024-blocks Used Available Capacity Mounted on
      echo /dev/none 99999999 0 \(kibibytes) 0% /
      """.write(toFile: "\(tools)/df", atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(tools)/df")
    }
    let environment = "SetEnv XDG_STATE_HOME=\(state) PATH=\(tools):/usr/bin:/bin"
    try await Site.run(hosts: 1, configuration: [environment]) { site in
      try site.writeRunbook(
        "work", "step mark on all { run `echo x >> \"$marks/$host\"` no rollback \"a test\" }")
      try setFree((32 << 10) - 1)
      let refused = try await site.reprise("run", "work")
      #expect(refused.status == 1, "\(refused.text) \(refused.errorText)")
      #expect(refused.text.contains("only 31 MiB are free where its state is kept"))
      #expect(refused.text.contains("make room there, at least 32 MiB"))
      #expect(refused.text.contains("reprise resume"))
      #expect(site.mark("h1") == nil)
      try setFree(32 << 10)
      #expect(try await site.reprise("resume").status == 0)
      #expect(site.mark("h1") == "x\n")
    }
  }
}
