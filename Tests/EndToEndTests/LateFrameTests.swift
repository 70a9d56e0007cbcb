import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// Two network namespaces of the test's own, joined by a cable that can be pulled: a host with a
/// real sshd, and the engine's.
private final class Cable {
  let directory: String
  private let name: String
  private var sshd: SpawnedProcess?
  static let address = "10.213.7.2"

  static var isPossible: Bool {
    getuid() == 0 && run("ip netns list >/dev/null 2>&1 && command -v ss >/dev/null") == 0
  }

  @discardableResult
  static func run(_ script: String) -> Int {
    (try? SpawnedProcess.shell(script))?.status ?? -1
  }

  init() throws {
    directory = try LoopbackSSHD.makeDirectory()
    name = "reprise\(getpid())"
    let script = """
      set -eu
      ip netns add \(name)h; ip netns add \(name)e
      ip -n \(name)h link add cable type veth peer name cable netns \(name)e
      ip -n \(name)h addr add \(Self.address)/30 dev cable
      ip -n \(name)e addr add 10.213.7.1/30 dev cable
      for n in h e; do ip -n \(name)$n link set lo up; ip -n \(name)$n link set cable up; done
      cd \(directory); mkdir -p marks runbooks home /run/sshd
      ssh-keygen -q -t ed25519 -N '' -f identity; ssh-keygen -q -t ed25519 -N '' -f host
      cp identity.pub authorized; chmod 600 authorized
      echo "\(Self.address) $(cut -d ' ' -f 1,2 host.pub)" > known_hosts
      printf 'NAME\\tADDRESS\\nh\\t\(Self.address)\\n' > runbooks/servers.tsv
      """
    guard Self.run(script) == 0 else { throw TestFailure("the namespaces can't be made") }
    try """
    ListenAddress \(Self.address)
    HostKey \(directory)/host
    AuthorizedKeysFile \(directory)/authorized
    PidFile none
    UsePAM no
    StrictModes no
    SetEnv XDG_STATE_HOME=\(directory)/home
    """.write(toFile: "\(directory)/sshd_config", atomically: true, encoding: .utf8)
    sshd = try SpawnedProcess(
      "/bin/sh",
      ["-c", "exec ip netns exec \(name)h /usr/sbin/sshd -D -e -f \(directory)/sshd_config"],
      log: "\(directory)/log")
    let listens = waitUntil(.seconds(10)) {
      Self.run("ip netns exec \(name)h ss -ltn | grep -q '\(Self.address):22'") == 0
    }
    guard listens else { throw TestFailure("sshd does not listen") }
  }

  func pull() { Self.run("ip -n \(name)h link set cable down") }
  func plug() { Self.run("ip -n \(name)h link set cable up") }

  /// Connections of the engine's side that the kernel has not given up.
  var hasConnections: Bool {
    Self.run("ip netns exec \(name)e ss -tnH | grep -q .") == 0
  }

  func start(_ arguments: String) throws -> SpawnedProcess {
    try SpawnedProcess(
      "/bin/sh",
      [
        "-c",
        "cd \(directory) && exec ip netns exec \(name)e \(RepriseProcess.binary) \(arguments) "
          + "--identity identity --known-hosts known_hosts --state state",
      ], log: "\(directory)/log")
  }

  func mark(_ mark: String) -> String? {
    try? String(contentsOfFile: "\(directory)/marks/\(mark)", encoding: .utf8)
  }

  func remove() {
    Self.run("ip netns pids \(name)h | xargs -r kill -9; ip netns pids \(name)e | xargs -r kill -9")
    sshd?.end()
    Self.run("ip netns del \(name)h; ip netns del \(name)e")
    try? FileManager.default.removeItem(atPath: directory)
  }
}

@Suite("A frame that TCP delivers after its engine's death", .serialized)
struct LateFrameTests {
  @Test(
    .enabled(if: Cable.isPossible, "needs root, ip netns and ss (iproute2)"),
    .timeLimit(.minutes(4)))
  func doesNotRunTheActionAgain() async throws {
    let cable = try Cable()
    defer { cable.remove() }
    let marks = "\(cable.directory)/marks"
    try """
    runbook late {
      inventory "servers.tsv"
      hosts h is "h"
      step before on h { run `echo x >> "\(marks)/before"` no rollback "a test" }
      step gate {
        run `echo x >> "\(marks)/gate"; while ! test -e "\(marks)/open"; do sleep 0.1; done`
        no rollback "a test"
      }
      step counted on h { run `echo x >> "\(marks)/counted"` no rollback "a test" }
    }
    """.write(
      toFile: "\(cable.directory)/runbooks/late.runbook", atomically: true, encoding: .utf8)

    let first = try cable.start("run late --runbooks runbooks")
    #expect(await waitUntil(.seconds(30)) { cable.mark("gate") != nil })
    cable.pull()
    #expect(FileManager.default.createFile(atPath: "\(marks)/open", contents: nil))
    let sent = await waitUntil(.seconds(30)) {
      Cable.run(
        "cd \(cable.directory) && \(RepriseProcess.binary) history --events --json --state state "
          + "| grep attemptStarted | grep -q counted") == 0
    }
    #expect(sent, "the frame of `counted` went into the pulled cable")
    first.end()
    #expect(cable.hasConnections, "the kernel still has the dead engine's bytes")

    cable.plug()
    let second = try cable.start("resume")
    #expect(await waitUntil(.seconds(90)) { !second.isRunning }, "resume ends")
    second.end()
    #expect(cable.mark("counted") == "x\n")
    #expect(await waitUntil(.seconds(90)) { !cable.hasConnections }, "the old bytes are delivered")
    #expect(cable.mark("counted") == "x\n")
    #expect(cable.mark("before") == "x\n")
  }
}
