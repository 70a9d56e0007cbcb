import Foundation
import RunbookTestSupport
import Testing

/// An upload whose engine dies, or whose connections break, while its bytes are on the way.
@Suite("An upload that is cut", .serialized)
struct CutUploadTests {
  /// Bytes that one `dd` lets through before it waits.
  private static let lot = 64 * 65536

  /// A host whose `dd` takes one lot of an upload and the rest once there is a file `go` beside it,
  /// in a directory that holds the state of the supervisor, too.
  private static func run(
    size: Int, isolation: isolated (any Actor)? = #isolation,
    _ body: (Site, _ directory: String) async throws -> Void
  ) async throws {
    let bin = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: bin) }
    try """
    #!/bin/sh
    case $* in *conv=notrunc*) ;; *) exec /usr/bin/dd "$@" ;; esac
    for word; do
      case $word in seek=*) seek=${word#seek=} ;; of=*) of=${word#of=} ;; esac
    done
    /usr/bin/dd bs=65536 seek="$seek" conv=notrunc of="$of" count=64 iflag=fullblock
    while test -d "\(bin)" && ! test -e "\(bin)/go"; do sleep 0.1; done
    exec /usr/bin/dd bs=65536 seek=$((seek + 64)) conv=notrunc of="$of"
    """.write(toFile: "\(bin)/dd", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(bin)/dd")
    try await Site.run(
      hosts: 1, configuration: ["SetEnv XDG_STATE_HOME=\(bin) PATH=\(bin):/usr/bin:/bin"]
    ) { site in
      try site.writeRunbook("work", #"step put on all { upload "app.bin" to "$marks/app.bin" }"#)
      try site.shell("head -c \(size) /dev/urandom > runbooks/app.bin")
      try await body(site, bin)
      try site.shell("cmp runbooks/app.bin marks/app.bin")
      #expect(UploadTests.arrived(site, in: bin) == 0)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func killedInTheMiddleOfItsBytesItSendsOnlyTheRest() async throws {
    try await Self.run(size: 200_000_000) { site, directory in
      var memory = 0
      var process = try site.start(["run", "work"])
      for turn in 1...2 {
        // What was there is never written anew from the beginning.
        let isHeld = await waitUntil(.seconds(30)) {
          UploadTests.arrived(site, in: directory) == turn * Self.lot || !process.isRunning
        }
        #expect(isHeld && process.isRunning)
        memory = max(memory, highestMemory(process))
        process.kill()
        _ = try await process.wait()
        process = try site.start(["resume"])
      }
      #expect(FileManager.default.createFile(atPath: "\(directory)/go", contents: nil))
      await waitUntil(.seconds(120)) {
        memory = max(memory, highestMemory(process))
        return !process.isRunning
      }
      #expect((1..<150_000).contains(memory), "the file has 200 MB")
      let result = try await process.wait()
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func goesOnWhereItsConnectionsAreCutInTheMiddle() async throws {
    try await Self.run(size: 20_000_000) { site, directory in
      let process = try site.start(["run", "work"])
      for turn in 1...2 {
        let isHeld = await waitUntil(.seconds(30)) {
          UploadTests.arrived(site, in: directory) == turn * Self.lot
        }
        #expect(isHeld)
        if turn == 1 { #expect(site.servers[0].killSessions()) }
      }
      #expect(FileManager.default.createFile(atPath: "\(directory)/go", contents: nil))
      let result = try await process.wait(.seconds(120))
      #expect(result.status == 0, "\(result.text) \(result.errorText)")
      let starts = try await site.events(site.newestRun())
        .filter { $0["event"] as? String == "attemptStarted" }
      #expect(starts.count == 1)
    }
  }

  /// KiB that the process had resident at most so far; 0 of one that has ended.
  private func highestMemory(_ process: RepriseProcess) -> Int {
    let status =
      (try? String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
