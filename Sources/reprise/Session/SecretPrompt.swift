import Glibc
import RunbookCore
import RunbookEngine

/// Asks a person for secrets, without echo.
enum SecretPrompt {
  private static let interrupt: UInt8 = 3
  /// Longer than what a terminal takes as one line.
  private static let longest = 8192

  /// The values of those that are to be asked for; none where nobody is at a terminal.
  static func ask(_ secrets: [SecretDeclaration]) throws(SecretProblem) -> [SecretID: [UInt8]] {
    var values: [SecretID: [UInt8]] = [:]
    guard Terminal.isAttended else { return values }
    for secret in secrets where secret.source == .prompt {
      guard let value = line(after: "\(secret.name): ") else {
        throw SecretProblem(
          name: secret.name, reason: "nothing was typed", remedy: "type it, then Enter")
      }
      values[secret.id] = value
    }
    return values
  }

  private static func line(after question: String) -> [UInt8]? {
    var before = termios()
    guard tcgetattr(0, &before) == 0 else { return nil }
    var quiet = before
    // Ctrl-C ends the line instead of this process, which would leave a terminal without echo.
    quiet.c_lflag &= ~tcflag_t(ECHO | ISIG)
    quiet.c_lflag |= tcflag_t(ECHONL)
    withUnsafeMutableBytes(of: &quiet.c_cc) { $0[Int(VEOL)] = interrupt }
    tcsetattr(0, TCSAFLUSH, &quiet)
    defer { tcsetattr(0, TCSAFLUSH, &before) }
    Output.error.write(question)
    var buffer = [UInt8](repeating: 0, count: longest)
    let count = read(0, &buffer, buffer.count)
    guard count > 0, !buffer[..<count].contains(interrupt) else { return nil }
    return Array(buffer[..<count].prefix { $0 != 10 })
  }
}
