import Foundation
import RunbookCore
import RunbookEngine

/// Reads secrets on the machine that runs the engine.
struct SecretReading: SecretReader {
  /// What a person typed when the run began or was resumed: it is not asked again.
  var prompted: [SecretID: [UInt8]] = [:]

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
      return try file(secret.name, path, key: key)
    case .command(let code):
      return try command(secret.name, code)
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
      throw SecretProblem(
        name: name, reason: "\(path): \(reason(of: error))",
        remedy: "make the file readable for the user who runs reprise")
    }
    guard let key else { return trimmed(Array(data)) }
    guard let value = EnvironmentFile.value(of: key, in: Array(data)) else {
      throw SecretProblem(
        name: name, reason: "\(path) has no line \(key)=…", remedy: "add it, or correct the key")
    }
    return value
  }

  private func command(_ name: String, _ code: Code) throws(SecretProblem) -> [UInt8] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-euc", code.text]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw SecretProblem(
        name: name, reason: "its command can't be started: \(reason(of: error))",
        remedy: "run the command by hand")
    }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw SecretProblem(
        name: name, reason: "its command ended with status \(process.terminationStatus)",
        remedy: "run the command by hand to see what it says")
    }
    return trimmed(Array(data))
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
