import Foundation
import RunbookCore
import RunbookEngine
import RunbookReport
import RunbookTransport

/// Reads secrets on the machine that runs the engine.
struct SecretReading: SecretReader {
  /// What a person typed when the run began or was resumed: it is not asked again.
  var prompted: [SecretID: [UInt8]] = [:]
  /// How long a command may take, in seconds.
  private let patience =
    Terminal.environment("REPRISE_SECRET_SECONDS").flatMap { Int($0) }.map {
      min(max($0, 1), 86_400)
    }
    ?? 60

  /// Where the paths of files begin: the runbook's directory.
  private let directory: String

  init(prompted: [SecretID: [UInt8]] = [:], directory: String) {
    self.prompted = prompted
    self.directory = directory
  }

  func read(_ secret: SecretDeclaration) async throws(SecretProblem) -> [UInt8] {
    switch secret.source {
    case .environment(let variable):
      guard let value = ProcessInfo.processInfo.environment[variable] else {
        throw SecretProblem(
          name: secret.name, reason: "the environment variable \(variable) is not set",
          remedy: "set it where reprise is started")
      }
      return Array(value.utf8)
    case .file(let path, let key):
      return try file(secret.name, Path.join(directory, path), key: key)
    case .command(let code):
      return try await command(secret.name, code)
    case .prompt:
      guard let value = prompted[secret.id] else {
        throw SecretProblem(
          name: secret.name, reason: "it is asked for at a terminal, and there is none",
          remedy: "run reprise in a terminal, or declare the secret with from env or from file")
      }
      return value
    }
  }

  private func file(
    _ name: String, _ path: String, key: String?
  ) throws(SecretProblem) -> [UInt8] {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw SecretProblem(
        name: name, reason: "\(path): \(reason(of: error))",
        remedy: isThere
          ? "make the file readable for the user who runs reprise"
          : "secrets are read on this machine: make the file"
            + (key.map { ", with a line \($0)=…" } ?? "") + ", or run reprise where it lies")
    }
    guard let key else { return trimmed(Array(data)) }
    guard let value = EnvironmentFile.value(of: key, in: Array(data)) else {
      throw SecretProblem(
        name: name, reason: "\(path) has no line \(key)=…", remedy: "add it, or correct the key")
    }
    return value
  }

  /// On a thread of its own: it may take as long as `patience` says. Then all of it is ended.
  private func command(_ name: String, _ code: Code) async throws(SecretProblem) -> [UInt8] {
    let seconds = patience
    let ended = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result { () throws(Program.Failure) in
            try Program.run("/bin/sh", ["-euc", code.text], seconds: seconds)
          })
      }
    }
    switch ended {
    case .success(let program):
      // For the person who is there. What it says may hold anything: it goes nowhere else.
      for line in program.errors.split(separator: "\n") {
        Output.error.write(Printable.text(line) + "\n")
      }
      guard program.exitStatus == 0 else {
        throw SecretProblem(
          name: name, reason: "its command ended with status \(program.exitStatus)",
          remedy: "run the command by hand to see what it says")
      }
      return trimmed(program.output)
    case .failure(.notInstalled):
      throw SecretProblem(
        name: name, reason: "its command can't be started: there is no /bin/sh",
        remedy: "install a POSIX shell")
    case .failure(.late):
      throw SecretProblem(
        name: name, reason: "its command was ended: it took longer than \(seconds) s",
        remedy: "nobody can answer it and its input is empty: run it by hand to see what it waits "
          + "for; REPRISE_SECRET_SECONDS gives it longer")
    case .failure(.reason(let text)):
      throw SecretProblem(
        name: name, reason: "its command: \(text)", remedy: "run the command by hand")
    }
  }

  /// Without the line end that files and commands put at the end.
  private func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    while let last = bytes.last, last == 10 || last == 13 { bytes.removeLast() }
    return bytes
  }
}

/// `KEY=value` lines as shells source them: `export`, quotes and comments are understood, nothing
/// is expanded.
enum EnvironmentFile {
  static func value(of key: String, in bytes: [UInt8]) -> [UInt8]? {
    var found: [UInt8]?
    for line in bytes.split(separator: 10) {
      var text = trim(Array(line))
      if text.starts(with: Array("export ".utf8)) { text = trim(Array(text.dropFirst(7))) }
      let start = Array("\(key)=".utf8)
      if text.starts(with: start) { found = unquoted(Array(text.dropFirst(start.count))) }
    }
    return found
  }

  private static func trim(_ bytes: [UInt8]) -> [UInt8] {
    let isBlank = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 }
    var rest = bytes[...].drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return Array(rest)
  }

  private static func unquoted(_ text: [UInt8]) -> [UInt8] {
    guard let quote = text.first, quote == 34 || quote == 39 else {
      // A comment begins at a blank and a #.
      for index in text.indices.dropFirst() where text[index] == 35 && text[index - 1] == 32 {
        return trim(Array(text[..<index]))
      }
      return text
    }
    var value: [UInt8] = []
    var index = 1
    while index < text.count, text[index] != quote {
      if quote == 34, text[index] == 92, index + 1 < text.count {
        index += 1
      }
      value.append(text[index])
      index += 1
    }
    return value
  }
}

/// The system's words for what went wrong with a file.
func reason(of error: any Error) -> String {
  let error = error as NSError
  if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError,
    underlying.domain == NSPOSIXErrorDomain
  {
    return String(cString: strerror(Int32(underlying.code)))
  }
  if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(error.code))) }
  if error.code == CocoaError.fileReadNoSuchFile.rawValue { return "No such file or directory" }
  if error.code == CocoaError.fileReadNoPermission.rawValue { return "Permission denied" }
  return error.localizedDescription
}
