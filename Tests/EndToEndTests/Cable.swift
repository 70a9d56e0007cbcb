import Foundation
import Glibc
import RunbookTestSupport

/// Two network namespaces of the test's own, joined by a cable that can lose all that is sent: a host
/// with a real sshd, and the engine's.
final class Cable {
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
      ip -n \(name)h -br link show cable | awk '{ print $3 }' > mac
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

  /// From here on what the engine's side sends reaches nobody. Its link stays up: a kernel that sees
  /// it go down does not back off, and repeats everything at once when it comes back.
  func cut() throws { try send(to: "02:00:00:00:00:01") }

  /// The next repetition arrives.
  func mend() throws {
    let host = try String(contentsOfFile: "\(directory)/mac", encoding: .utf8)
    try send(to: host.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private func send(to hardware: String) throws {
    let script =
      "ip -n \(name)e neigh replace \(Self.address) lladdr \(hardware) dev cable nud permanent"
    guard Self.run(script) == 0 else { throw TestFailure("failed: \(script)") }
  }

  /// A connection of the engine's side has sent bytes that nobody has confirmed.
  var hasUnconfirmedBytes: Bool {
    Self.run("ip netns exec \(name)e ss -tnHo | grep -q 'timer:(on,'") == 0
  }

  /// The kernel has repeated them so often that it waits for more than ten seconds now.
  var hasBackedOff: Bool {
    Self.run("ip netns exec \(name)e ss -tnHo | grep -Eq 'timer:[(]on,[12][0-9]sec,'") == 0
  }

  /// A dead process's connection whose bytes the kernel still tries to deliver.
  var hasOrphan: Bool {
    Self.run("ip netns exec \(name)e ss -tnH state fin-wait-1 | grep -q .") == 0
  }

  /// Nothing but the listener runs on the host: every connection was closed by its other end, so all
  /// that came before has arrived, and was dealt with.
  var isQuiet: Bool {
    Self.run("test \"$(ip netns pids \(name)h)\" = \(sshd?.pid ?? 0)") == 0
  }

  func start(_ arguments: String) throws -> SpawnedProcess {
    try SpawnedProcess(
      "/bin/sh",
      [
        "-c",
        "cd \(directory) && XDG_STATE_HOME=\(directory)/own exec ip netns exec \(name)e \(RepriseProcess.binary) \(arguments) "
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
