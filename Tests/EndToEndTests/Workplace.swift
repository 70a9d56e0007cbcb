import Foundation
import Glibc
import RunbookTestSupport

/// A directory with runbooks for this machine alone, and the commands that are typed in it.
final class Workplace {
  let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "workplace-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory + "/runbooks", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
  }

  /// `runbooks/NAME.runbook` with that body.
  func writeRunbook(_ name: String, _ body: String) throws {
    try write("runbooks/\(name).runbook", "runbook \(name) {\n\(body)\n}\n")
  }

  private var environment: [String: String] { ["XDG_STATE_HOME": directory + "/supervisor"] }

  func start(_ arguments: [String]) throws -> RepriseProcess {
    try RepriseProcess(arguments, in: directory, environment: environment)
  }

  @discardableResult
  func reprise(_ arguments: String...) async throws -> RepriseProcess.Result {
    try await start(arguments).wait(.seconds(60))
  }

  /// A line of a shell in which `$reprise` is the binary; both streams together.
  func shell(_ line: String) async throws -> (status: Int, text: String) {
    try await SpawnedProcess.shell(
      line, "/bin/bash", in: directory,
      environment: ProcessInfo.processInfo.environment
        .merging(["LC_ALL": "C.UTF-8", "reprise": RepriseProcess.binary]) { $1 }
        .merging(environment) { $1 })
  }
}
