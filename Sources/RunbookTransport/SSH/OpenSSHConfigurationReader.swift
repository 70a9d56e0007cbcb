import RunbookCore
import RunbookEngine

/// Asks `ssh -G` what applies to a host, and remembers the answer.
///
/// A process per host is the price of being right. It is saved where the answers can't differ:
/// when no configuration file distinguishes hosts (`UniformConfiguration`), one answer serves all.
/// A class because connector threads share what is remembered.
final class OpenSSHConfigurationReader: Sendable {
  private struct Question: Hashable, Sendable {
    var address: String
    var user: String?
    var port: Int?
  }

  private let options: SSHOptions
  private let answers = SharedAnswers<Question, OpenSSHConfiguration>()
  private let isUniform: Bool

  init(options: SSHOptions) {
    self.options = options
    isUniform = UniformConfiguration.isUniform(configurationFile: options.configurationFile)
  }

  /// Called on a connector thread.
  func configuration(
    for host: Host, by deadline: Deadline
  ) throws(TransportError) -> OpenSSHConfiguration {
    // What the inventory says goes in as on ssh's own command line, where it wins, and where
    // `Match user` and the tokens of file names see it.
    let asked = Question(address: host.address, user: host.user, port: host.port)
    let key = isUniform ? Question(address: "", user: nil, port: nil) : asked
    return try answers.answer(key, by: deadline) { () throws(TransportError) in
      try ask(host, by: deadline)
    }
  }

  private func ask(_ host: Host, by deadline: Deadline) throws(TransportError)
    -> OpenSSHConfiguration
  {
    var arguments = ["-G"]
    if let file = options.configurationFile { arguments += ["-F", file] }
    if !isUniform {
      if let user = host.user { arguments += ["-l", user] }
      if let port = host.port { arguments += ["-p", String(port)] }
    }
    arguments += ["--", host.address]
    let answer: BoundedCommand
    do {
      answer = try BoundedCommand.run("ssh", arguments, by: deadline)
    } catch {
      throw Self.failure(of: "ssh", error)
    }
    guard answer.exitStatus == 0 else {
      throw .refused(
        "the OpenSSH configuration can't be used for \(host.address): \(answer.errors.lastLine)",
        remedy: "mend the configuration until `ssh -G \(host.address)` prints it")
    }
    return OpenSSHConfiguration(lines: answer.lines)
  }

  static func failure(of program: String, _ failure: BoundedCommand.Failure) -> TransportError {
    switch failure {
    case .notInstalled:
      .unsuitable(
        "\(program) is not installed on this machine",
        remedy: "install OpenSSH's client (Debian, Ubuntu: apt-get install openssh-client)")
    case .late: .unreachable("\(program) did not end in time")
    case .reason(let reason): .unreachable(reason)
    }
  }
}

extension String {
  /// The last line that says something, for an error's reason.
  var lastLine: String {
    let lines = split(whereSeparator: \.isNewline).map { String($0) }
    return lines.last { $0.contains { !$0.isWhitespace } } ?? "no reason given"
  }
}
