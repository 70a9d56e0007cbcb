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

  private let process: SpawnedProcess
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
    for end in [".out", ".err"] { try Data().write(to: URL(fileURLWithPath: files + end)) }
    process = try SpawnedProcess(
      Self.binary, arguments, log: files + ".out", errors: files + ".err", directory: directory,
      environment: ProcessInfo.processInfo.environment
        .merging(["LC_ALL": "C.UTF-8", "NO_COLOR": "1"]) { $1 }.merging(environment) { $1 })
  }

  /// Of a test that throws nothing lives on. Others have waited.
  deinit {
    process.end()
    removeFiles()
  }

  private func removeFiles() {
    for end in [".out", ".err"] { try? FileManager.default.removeItem(atPath: files + end) }
  }

  var pid: pid_t { process.pid }
  var isRunning: Bool { process.isRunning }

  func kill(_ signal: Int32 = SIGKILL) { Glibc.kill(pid, signal) }

  /// What it printed so far.
  var outputSoFar: String {
    (try? String(contentsOfFile: files + ".out", encoding: .utf8)) ?? ""
  }

  /// Waits for its end; a process that takes longer than `limit` is killed, and the test fails.
  func wait(_ limit: Duration = .seconds(60)) async throws -> Result {
    let hasEnded = await waitUntil(limit) { !process.isRunning }
    process.end()
    let output = FileManager.default.contents(atPath: files + ".out") ?? Data()
    let error = FileManager.default.contents(atPath: files + ".err") ?? Data()
    removeFiles()
    let result = Result(
      status: process.exitStatus ?? -1, output: Array(output), error: Array(error))
    if !hasEnded {
      throw TestFailure("\(description) did not end: \(result.text) \(result.errorText)")
    }
    return result
  }
}
