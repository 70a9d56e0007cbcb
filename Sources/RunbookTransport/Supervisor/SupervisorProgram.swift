import RunbookEngine

/// The supervisor as it is sent to a host, and the command that receives it.
package enum SupervisorProgram {
  /// What the login shell is asked to run: valid also in csh and fish, and too short for any limit.
  /// - Parameter shell: the words of a POSIX shell; tests run it under several.
  package static func command(shell: String = "/bin/sh") -> String {
    #"exec \#(shell) -c 'unset TMOUT; IFS= read -r p; eval "$p"'"#
  }

  /// Everything up to the greeting: the program with its call at the end.
  ///
  /// - Parameters:
  ///   - nonce: begins every line of the host's answers.
  ///   - directoryID: for the state directory, where it has to be made.
  static func opening(
    _ greeting: Greeting, run: String, hostName: String, nonce: String, directoryID: String,
    shell: String
  ) -> [UInt8] {
    var program = text
    program += "_hello \(nonce) ".utf8
    program += ShellWord.quote(shell)
    program += " \(run) \(hostName) \(EpochName.encode(greeting.epoch)) \(directoryID)\n".utf8
    return sent(program, nonce)
  }

  /// As `opening`, of the program that takes the bytes of an upload, which follow it.
  static func bringing(
    run: String, hostName: String, key: String, _ size: Int, nonce: String
  ) -> [UInt8] {
    sent(bringText + "_bring \(nonce) \(run) \(hostName) \(key) \(size)\n".utf8, nonce)
  }

  static let text = stripped(PackageResources.supervisor_sh)
  private static let bringText = stripped(PackageResources.bring_sh)

  /// A program without comments and indentation.
  private static func stripped(_ program: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for line in program.split(separator: UInt8(ascii: "\n")) {
      let code = line.drop { $0 == UInt8(ascii: " ") }
      guard let first = code.first, first != UInt8(ascii: "#") else { continue }
      result += code
      result.append(UInt8(ascii: "\n"))
    }
    return result
  }

  /// A line that takes a program, so many bytes, and evaluates it, and the program.
  ///
  /// A shell would read it byte by byte and append line to line: `head` costs less than half of
  /// that. Some read ahead, so nothing may follow before there is an answer. `IFS` begins as blank,
  /// tab, newline in every shell: the newline of `_n`, without a fork.
  private static func sent(_ program: [UInt8], _ nonce: String) -> [UInt8] {
    let reader =
      "command -v head >/dev/null||{ printf '\\n\(nonce) G\\n\(nonce) U head\\n';exit;};"
      + "_n=${IFS#??};_p=$(head -c \(program.count));eval \"$_p\"\n"
    return reader.utf8 + program
  }
}

/// Epochs as file names that sort as the numbers do.
enum EpochName {
  static func encode(_ epoch: Int) -> String {
    precondition(epoch >= 0, "greeting: epoch \(epoch)")
    let digits = String(epoch)
    return String(repeating: "0", count: max(0, 19 - digits.count)) + digits
  }
}
