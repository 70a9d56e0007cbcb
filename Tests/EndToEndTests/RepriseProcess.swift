import Foundation
import Glibc
import RunbookTestSupport

/// The real binary, as a person or script runs it: standard input empty, no terminal.
final class RepriseProcess {
  struct Result: Sendable {
    /// Exit status; 128 + signal where a signal ended it.
    var status: Int
    var output: [UInt8]
    var error: [UInt8]

    var text: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: error, as: UTF8.self) }
  }

  private let process = Process()
  private let files: String
  let description: String

  /// Beside the tests, where the package manager builds it.
  static let binary: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let candidates = [own, CommandLine.arguments.first ?? ""]
      .map { URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/reprise" }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
      ?? FileManager.default.currentDirectoryPath + "/.build/debug/reprise"
  }()

  init(_ arguments: [String], in directory: String, environment: [String: String] = [:]) throws {
    description = "reprise " + arguments.joined(separator: " ")
    files = NSTemporaryDirectory() + "reprise-\(UUID().uuidString)"
    process.executableURL = URL(fileURLWithPath: Self.binary)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment
      .merging(["LC_ALL": "C.UTF-8", "NO_COLOR": "1"]) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    try Data().write(to: URL(fileURLWithPath: files + ".out"))
    try Data().write(to: URL(fileURLWithPath: files + ".err"))
    process.standardOutput = FileHandle(forWritingAtPath: files + ".out")
    process.standardError = FileHandle(forWritingAtPath: files + ".err")
    try process.run()
  }

  var pid: pid_t { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  func kill(_ signal: Int32 = SIGKILL) { Glibc.kill(pid, signal) }

  /// What it printed so far.
  var outputSoFar: String {
    (try? String(contentsOfFile: files + ".out", encoding: .utf8)) ?? ""
  }

  /// Waits for its end; a process that takes longer than `limit` is killed, and the test fails.
  func wait(_ limit: Duration = .seconds(60)) throws -> Result {
    let hasEnded = waitUntil(limit) { !process.isRunning }
    if !hasEnded { kill() }
    process.waitUntilExit()
    let output = FileManager.default.contents(atPath: files + ".out") ?? Data()
    let error = FileManager.default.contents(atPath: files + ".err") ?? Data()
    for end in [".out", ".err"] { try? FileManager.default.removeItem(atPath: files + end) }
    let status = Int(process.terminationStatus)
    let result = Result(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: Array(output), error: Array(error))
    if !hasEnded {
      throw TestFailure("\(description) did not end: \(result.text) \(result.errorText)")
    }
    return result
  }
}
