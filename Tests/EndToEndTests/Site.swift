import Foundation
import RunbookTestSupport

/// A directory with runbooks, an inventory of real sshd and a state directory, as an operator has.
final class Site {
  let directory: String
  let servers: [LoopbackSSHD]
  /// Below it, in directories that they make, the supervisors of its hosts keep their state.
  let stateHome: String
  var hosts: [String] { servers.indices.map { "h\($0 + 1)" } }

  init(_ servers: [LoopbackSSHD], stateHome: String) throws {
    self.servers = servers
    self.stateHome = stateHome
    directory = try LoopbackSSHD.makeDirectory()
    for name in ["runbooks", "marks"] {
      try FileManager.default.createDirectory(
        atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    var rows = "NAME\tADDRESS\tPORT\n"
    for (host, server) in zip(hosts, servers) { rows += "\(host)\t127.0.0.1\t\(server.port)\n" }
    try write("runbooks/servers.tsv", rows)
    try write(
      "known_hosts",
      try servers.map { try $0.knownHostsLine("ed25519") }.joined())
  }

  /// Servers whose supervisors keep their state in a directory of the test.
  static func run(
    hosts count: Int = 3, configuration: [String] = [],
    isolation: isolated (any Actor)? = #isolation, _ body: (Site) async throws -> Void
  ) async throws {
    let home = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let options = LoopbackSSHD.Options(
      hostKeyTypes: ["ed25519"],
      configuration: configuration
        + ["SetEnv XDG_STATE_HOME=\(home)/made/state", "MaxStartups 200"])
    try await LoopbackSSHD.run(count: count, options: options) { servers in
      let site = try Site(servers, stateHome: home)
      defer { try? FileManager.default.removeItem(atPath: site.directory) }
      try await body(site)
    }
  }

  func write(_ name: String, _ text: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: "\(directory)/\(name)").deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Writes a runbook with the inventory and the group `all` declared.
  func writeRunbook(_ name: String, _ body: String) throws {
    try write(
      "runbooks/\(name).runbook",
      """
      runbook \(name) {
        inventory "servers.tsv"
        hosts all where name != ""
        input marks = "\(directory)/marks"
      \(body)
      }
      """)
  }

  func start(
    _ arguments: [String], state: String = "state", crashAfter event: Int? = nil,
    environment: [String: String] = [:]
  ) throws -> RepriseProcess {
    var all = arguments
    if let verb = all.first,
      ["run", "resume", "rollback", "cancel", "plan", "gc", "stash"].contains(verb)
    {
      all += [
        "--identity", servers[0].identity, "--known-hosts", "\(directory)/known_hosts",
      ]
      if verb == "run" || verb == "plan" { all += ["--runbooks", "\(directory)/runbooks"] }
    }
    all += ["--state", "\(directory)/\(state)"]
    var environment = environment
    if let event { environment["REPRISE_CRASH_AFTER_EVENT"] = String(event) }
    return try RepriseProcess(all, in: directory, environment: environment)
  }

  @discardableResult
  func reprise(
    _ arguments: String..., state: String = "state", crashAfter event: Int? = nil,
    environment: [String: String] = [:], within limit: Duration = .seconds(60)
  ) async throws -> RepriseProcess.Result {
    try await start(arguments, state: state, crashAfter: event, environment: environment).wait(
      limit)
  }

  /// What a line of shell prints; throws where it fails.
  @discardableResult
  func shell(_ line: String) throws -> String {
    let ended = try SpawnedProcess.shell("set -eu; " + line, in: directory)
    guard ended.status == 0 else { throw TestFailure("failed: \(line): \(ended.text)") }
    return ended.text
  }

  /// The file `marks/NAME`; nil where it is missing, or still empty: `echo x >FILE` makes it first.
  func mark(_ name: String) -> String? {
    let text = try? String(contentsOfFile: "\(directory)/marks/\(name)", encoding: .utf8)
    return text == "" ? nil : text
  }

  var marks: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/marks")) ?? []).sorted()
  }

  /// All files below `marks` by their path there.
  var tree: [String: String] {
    let root = "\(directory)/marks"
    var files: [String: String] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
      files[path] = try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }
    return files
  }

  func clearMarks() throws {
    for name in marks { try FileManager.default.removeItem(atPath: "\(directory)/marks/\(name)") }
  }

  /// The events of a run as `history --events --json` prints them.
  func events(_ run: String, state: String = "state") async throws -> [[String: Any]] {
    try await objects("history", run, "--events", state: state)
  }

  /// What a command prints with `--json`.
  func objects(_ arguments: String..., state: String = "state") async throws -> [[String: Any]] {
    let result = try await start(arguments + ["--json"], state: state).wait(.seconds(60))
    guard result.status == 0 else { throw TestFailure(result.errorText) }
    return try result.text.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      guard let fields = object as? [String: Any] else { throw TestFailure("no object: \(line)") }
      return fields
    }
  }

  /// The id of the newest run.
  func newestRun(state: String = "state") async throws -> String {
    let result = try await reprise("runs", "--json", state: state)
    guard let line = result.text.split(separator: "\n").first,
      let run = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
      let id = run["run"] as? String
    else { throw TestFailure("no run: \(result.text) \(result.errorText)") }
    return id
  }
}
