import RunbookEngine

/// The supervisor as it is sent to a host, and the command that receives it.
package enum SupervisorProgram {
  /// What the login shell is asked to run: valid also in csh and fish, and too short for any limit.
  /// - Parameter shell: the words of a POSIX shell; tests run it under several.
  package static func command(shell: String = "/bin/sh") -> String {
    #"exec \#(shell) -c 'unset TMOUT; IFS= read -r p; eval "$p"'"#
  }

  /// Everything up to the greeting: a line that gathers the program up to a line with a dot and
  /// evaluates it, the program, and its call with the greeting.
  ///
  /// - Parameters:
  ///   - nonce: begins every line of the host's answers.
  ///   - directoryID: for the state directory, where it has to be made.
  static func opening(
    _ greeting: Greeting, run: String, hostName: String, nonce: String, directoryID: String,
    shell: String
  ) -> [UInt8] {
    var bytes = Array(reader.utf8)
    bytes += text
    bytes += "_hello \(nonce) ".utf8
    bytes += ShellWord.quote(shell)
    bytes += " \(run) \(hostName) \(EpochName.encode(greeting.epoch)) \(directoryID)\n.\n".utf8
    return bytes
  }

  /// As `opening`, of the program that takes the bytes of an upload, which follow it.
  static func bringing(
    run: String, hostName: String, key: String, _ size: Int, nonce: String
  ) -> [UInt8] {
    Array(reader.utf8) + bringText + "_bring \(nonce) \(run) \(hostName) \(key) \(size)\n.\n".utf8
  }

  static let text = stripped(PackageResources.supervisor_sh)
  private static let bringText = stripped(PackageResources.bring_sh)

  /// A program without comments and indentation: a shell reads it byte by byte.
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

  /// `IFS` begins as blank, tab, newline in every shell: the newline that `_n` needs, without a
  /// fork.
  private static let reader =
    "_n=${IFS#??};_p=;while IFS= read -r _l;do case $_l in .)break;;esac;_p=$_p$_l$_n;done;"
    + "eval \"$_p\"\n"
}

/// Epochs as file names that sort as the numbers do.
enum EpochName {
  static func encode(_ epoch: Int) -> String {
    precondition(epoch >= 0, "greeting: epoch \(epoch)")
    let digits = String(epoch)
    return String(repeating: "0", count: max(0, 19 - digits.count)) + digits
  }
}
