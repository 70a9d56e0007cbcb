import Foundation
import Testing

/// The verdict of the site's diagnosis, over what three members may show: what serves, or can't be
/// known, is never given to an option that would stop it.
@Suite struct VerdictTests {
  struct Case: CustomTestStringConvertible {
    var testDescription: String
    /// What differs from a member that waits for a leader, by host number; 0 is all of them.
    var facts: [Int: [String: String]] = [:]
    /// Role and state of each member as `patronictl` lists them, in the words of each asked host.
    var lists: [[String]] = Array(repeating: Self.stopped, count: 3)
    var header = "uninitialized"
    var closed: [String] = []
    var dead: Set<Int> = []
    var cause: String
    var cures: String

    static let stopped = ["Replica | stopped", "Replica | stopped", "Replica | stopped"]
  }

  /// One leads, the second streams, and the third does what is said of it.
  private static func led(_ third: [String: String]) -> [Int: [String: String]] {
    [
      0: ["data": "base", "postgres": "tourne"], 1: ["member": "primary running"],
      2: ["member": "replica running"], 3: third,
    ]
  }
  private static func list(_ second: String, _ third: String) -> [String] {
    ["Leader | running", "\(second) | streaming", "Replica | \(third)"]
  }
  private static let serving = list("Replica", "streaming")
  private static let half = list("Replica", "stopped")
  private static let down = ["member": "replica stopped", "postgres": "arrêté"]
  private static let ports = [1, 2, 3].map { "10.0.0.\($0):7000" }

  static let cases = [
    Case(
      testDescription: "healthy", facts: led(["member": "replica running"]),
      lists: [serving, serving, serving], header: "7573", cause: "aucune", cures: "aucun"),
    Case(
      testDescription: "healthy, with a synchronous standby",
      facts: led(["member": "replica running"]),
      lists: Array(repeating: list("Sync Standby", "streaming"), count: 3), header: "7573",
      cause: "aucune", cures: "aucun"),
    Case(
      testDescription: "a replica is down", facts: led(down), lists: [half, half, half],
      header: "7573", cause: "degraded", cures: "aucun"),
    Case(
      testDescription: "a container is gone",
      facts: led(down.merging(["container": "absent"]) { $1 }),
      lists: [half, half, []], header: "7573", cause: "degraded", cures: "aucun"),
    Case(
      testDescription: "a leader runs, and the section was taken out after the first start",
      facts: led(down).merging([0: ["bootstrap": "absent", "postgres": "tourne"]]) { $1 },
      lists: [half, half, half], header: "7573", cause: "degraded", cures: "aucun"),
    Case(
      testDescription: "a leader runs, and a host is dead", facts: led([:]),
      lists: [half, half, []], header: "7573", dead: [3], cause: "degraded", cures: "aucun"),
    Case(
      testDescription: "a host is dead", dead: [2], cause: "host-unreachable", cures: "aucun"),
    Case(
      testDescription: "nobody answers", dead: [1, 2, 3], cause: "host-unreachable", cures: "aucun"),
    Case(
      testDescription: "Docker is down", facts: [0: ["docker": "down", "container": "absent"]],
      cause: "docker-down", cures: "aucun"),
    Case(
      testDescription: "the last container is missing", facts: [3: ["container": "absent"]],
      cause: "container-missing", cures: "A"),
    Case(
      testDescription: "no YAML", facts: [0: ["config": "illisible", "restarts": "9"]],
      cause: "config-unreadable", cures: "A"),
    Case(
      testDescription: "no YAML over a database",
      facts: [0: ["config": "illisible", "data": "base"]], cause: "config-unreadable",
      cures: "aucun"),
    Case(testDescription: "ports closed", closed: ports, cause: "port-closed", cures: "aucun"),
    Case(
      testDescription: "databases and no leader", facts: [0: ["data": "base"]], header: "7573",
      cause: "database-without-leader", cures: "aucun"),
    Case(
      testDescription: "one database and no section",
      facts: [0: ["bootstrap": "absent"], 2: ["data": "base"]], header: "7573",
      cause: "database-without-leader", cures: "aucun"),
    Case(
      testDescription: "nofailover over databases",
      facts: [0: ["nofailover": "oui", "data": "base"]], header: "7573", cause: "nofailover",
      cures: "B"),
    Case(
      testDescription: "nofailover on one", facts: [1: ["nofailover": "oui"]], cause: "unknown",
      cures: "A"),
    Case(
      testDescription: "no section", facts: [0: ["bootstrap": "absent"]],
      cause: "no-bootstrap-section", cures: "B A"),
    Case(
      testDescription: "no section on one, and a journal kept", facts: [1: ["bootstrap": "absent"]],
      header: "7573", cause: "raft-journal-kept", cures: "B A"),
    Case(
      testDescription: "an unknown locale, the ports come and go",
      facts: [0: ["locale_known": "non", "restarts": "3"]], closed: ports, cause: "bad-locale",
      cures: "B A"),
    Case(
      testDescription: "data of root", facts: [0: ["owner": "0:0", "restarts": "3"]],
      closed: ports, cause: "data-owned-by-root", cures: "B A"),
    Case(
      testDescription: "a killed initdb", facts: [1: ["data": "incomplètes"]],
      header: "initializing", cause: "initdb-killed", cures: "B A"),
    Case(
      testDescription: "RAFT in the container", facts: [0: ["raft_data_dir": "/raft"]],
      header: "7573", cause: "raft-in-container-layer", cures: "B A"),
    Case(
      testDescription: "a partner left out", facts: [1: ["raft_partners": "10.0.0.2:7000"]],
      cause: "raft-section", cures: "A"),
    Case(testDescription: "nothing known", cause: "unknown", cures: "A"),
  ]

  private static func seen(_ one: Case) -> String {
    var lines: [String] = []
    for number in 1...3 where !one.dead.contains(number) {
      var facts = [
        "docker": "up", "container": "running", "restarts": "0", "mounts": " /volume/raft ",
        "owner": "999:999", "data": "vides", "postgres": "arrêté", "config": "lisible",
        "bootstrap": "utilisable", "nofailover": "non", "locale_known": "oui",
        "member": "replica stopped", "raft_data_dir": "/volume/raft",
        "raft_self": "10.0.0.\(number):7000",
        "raft_partners": (1...3).filter { $0 != number }.map { "10.0.0.\($0):7000" }
          .joined(separator: " "),
      ]
      for key in [0, number] { facts.merge(one.facts[key] ?? [:]) { $1 } }
      lines += facts.map { "h\(number)\t\($0.key)\t\($0.value)" }
      lines += one.closed.map { "h\(number)\tclosed\t\($0)" }
      lines.append("h\(number)\t+ Cluster: keybuzz-pg (\(one.header)) ---+")
      // Asked one after the other, the members of a busy cluster are listed at different places.
      for (member, state) in one.lists[number - 1].enumerated() {
        lines.append(
          "h\(number)\t| h\(member + 1) | 10.0.0.\(member + 1) | \(state) | 1 | 0/\(number)0 |")
      }
    }
    return lines.joined(separator: "\n")
  }

  @Test(arguments: cases)
  func names(_ one: Case) async throws {
    let place = try Workplace()
    let part = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../runbooks/parts/verdict.runbook")
    try FileManager.default.createDirectory(
      atPath: place.directory + "/runbooks/parts", withIntermediateDirectories: true)
    try place.write(
      "runbooks/parts/verdict.runbook", String(contentsOf: part, encoding: .utf8))
    try place.write(
      "runbooks/servers.tsv", "NAME\tADDRESS\nh1\t10.0.0.1\nh2\t10.0.0.2\nh3\t10.0.0.3\n")
    try place.write(
      "runbooks/site.runbook",
      "inventory \"servers.tsv\"\ninput raft_port = 7000\nhosts db where name != \"\"\n")
    try place.writeRunbook(
      "judged", "  input seen: string\n  use verdict(seen, script_version: \"3.3.0\")")
    let result = try await place.reprise("run", "judged", "--input", "seen=\(Self.seen(one))")
    #expect(result.status == 0, "\(result.text)\(result.errorText)")
    #expect(result.text.contains("| cause : \(one.cause)\n"), "\(result.text)")
    #expect(result.text.contains("| remèdes : \(one.cures)\n"), "\(result.text)")
  }
}
