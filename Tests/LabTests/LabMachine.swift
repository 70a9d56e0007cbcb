import Foundation
import Testing

/// The lab's commands, driven as a person would, on a lab of the tests' own.
enum LabMachine {
  static let checkout = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let state = "/var/lib/reprise-lab-tests"

  struct Outcome: CustomStringConvertible {
    var status: Int32
    var output: String
    var errors: String
    var description: String { "status \(status)\n\(output)\(errors)" }
  }

  /// What keeps this machine from carrying a lab; nil when it can.
  static let obstacle: String? = {
    do {
      let outcome = try run("lab/check", within: 30)
      return outcome.status == 0 ? nil : outcome.errors
    } catch {
      return "lab/check did not run: \(error)"
    }
  }()

  struct Endless: Error {
    var command: String
  }

  /// A running command; its output goes to files, so that it can never wait for a reader.
  struct Running {
    var process: Process
    var ended: DispatchSemaphore
    var seconds: Int
    var output: URL
    var errors: URL

    /// Waits for the end. (Foundation sees it only when everything that inherited the command's
    /// descriptors has ended too.)
    func end() throws -> Outcome {
      guard ended.wait(timeout: .now() + .seconds(seconds + 15)) == .success else {
        throw Endless(command: process.arguments?.joined(separator: " ") ?? "")
      }
      defer {
        try? FileManager.default.removeItem(at: output)
        try? FileManager.default.removeItem(at: errors)
      }
      let signalled = process.terminationReason == .uncaughtSignal
      return Outcome(
        status: signalled ? 128 + process.terminationStatus : process.terminationStatus,
        output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
  }

  /// Starts a command in the checkout, which `timeout` ends when its time is over.
  static func start(_ command: [String], within seconds: Int, input: String = "") throws -> Running
  {
    let folder = FileManager.default.temporaryDirectory
    let output = folder.appending(path: "lab-\(UUID().uuidString).out")
    let errors = folder.appending(path: "lab-\(UUID().uuidString).err")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    // Process hands this thread's signal mask on, and `timeout` could not be told to end.
    process.executableURL = URL(filePath: "/usr/bin/perl")
    process.arguments =
      [
        "-MPOSIX=:signal_h", "-e",
        "sigprocmask(SIG_SETMASK, POSIX::SigSet->new); exec { $ARGV[0] } @ARGV",
        "/usr/bin/timeout", "--kill-after=5", "\(seconds)",
      ] + command
    process.currentDirectoryURL = checkout
    process.environment = ProcessInfo.processInfo.environment
      .merging(["LAB_STATE": state]) { _, new in new }
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    let stdin = Pipe()
    process.standardInput = stdin
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    return Running(
      process: process, ended: ended, seconds: seconds, output: output, errors: errors)
  }

  static func run(
    _ command: String..., within seconds: Int, input: String = ""
  ) throws -> Outcome {
    try start(command, within: seconds, input: input).end()
  }

  /// Runs a command that has to succeed, and gives its output.
  @discardableResult
  static func must(
    _ command: String..., within seconds: Int = 30, input: String = "",
    at location: SourceLocation = #_sourceLocation
  ) throws -> String {
    let outcome = try start(command, within: seconds, input: input).end()
    try #require(
      outcome.status == 0, "\(command.joined(separator: " ")): \(outcome)",
      sourceLocation: location)
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs a line of bash inside a host.
  @discardableResult
  static func on(
    _ host: String, _ line: String, within seconds: Int = 30,
    at location: SourceLocation = #_sourceLocation
  ) throws -> String {
    try must("lab/exec", host, "bash", "-c", line, within: seconds, at: location)
  }

  /// Everything of the tests' lab that the machine itself can see: processes, mounts, loop devices,
  /// control groups and files.
  static func traces() throws -> String {
    try must(
      "bash", "-c",
      """
      for directory in /proc/[0-9]*; do
        grep -qszxF "REPRISE_LAB=$LAB_STATE" $directory/environ && echo "process ${directory#/proc/}"
      done
      findmnt -rn -o TARGET | grep -F "$LAB_STATE"
      losetup --noheadings --output BACK-FILE | grep -F "$LAB_STATE"
      find /sys/fs/cgroup -maxdepth 3 -type d -name "$(basename "$LAB_STATE")"
      [[ ! -e $LAB_STATE ]] || echo "$LAB_STATE exists"
      """)
  }

  /// What the machine's own network namespace has of the lab's network. (A machine may have an
  /// address of that range itself: compare with the time before.)
  static func network() throws -> [String] {
    try must("bash", "-c", "ip -o address; ip route show table all; ip -o link")
      .split(separator: "\n").map(String.init)
      .filter { $0.contains("10.0.0.") || $0.contains("db-master-01") || $0.contains("haproxy-01") }
  }
}

/// Brings the lab up before the suite's first test and takes it down after its last.
struct WithLab: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void
  ) async throws {
    if LabMachine.obstacle != nil { return try await tests() }
    try LabMachine.must("lab/down", within: 90)
    let before = try LabMachine.network()
    try killedUpLeavesNothing()
    let started = Date()
    try LabMachine.must("lab/up", within: 600)
    print("lab/up took \(Int(Date().timeIntervalSince(started))) s")
    do {
      #expect(try LabMachine.network() == before, "the lab is in the machine's own network")
      try await tests()
    } catch {
      try LabMachine.must("lab/down", within: 90)
      throw error
    }
    try LabMachine.must("lab/down", within: 90)
    #expect(try LabMachine.traces() == "")
  }

  /// `kill -9` of an `up` that has started its keeper; `down` then leaves nothing.
  private func killedUpLeavesNothing() throws {
    let up = try LabMachine.start(["lab/up"], within: 600)
    try LabMachine.must(
      "bash", "-c", "until [[ -s $LAB_STATE/run/keeper ]]; do sleep 0.05; done", within: 500)
    // timeout runs its command in a group of its own, which the kill takes as a whole.
    kill(-up.process.processIdentifier, SIGKILL)
    _ = try up.end()
    #expect(try LabMachine.traces() != "")
    try LabMachine.must("lab/down", within: 90)
    #expect(try LabMachine.traces() == "")
  }
}
