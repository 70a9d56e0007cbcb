import RunbookCore
import RunbookEngine

/// The items of one exchange as parts of the list that its wrapper evaluates, each with `&&`.
struct ItemCoder {
  private let user: String?
  /// Values that the loop does not keep exported.
  private let values: [String: [UInt8]]
  private let codes: [String: Int]
  private var secrets: [UInt8] = []
  private var interpreter = ""

  init(user: String?, values: [String: [UInt8]], codes: [String: Int]) {
    self.user = user
    self.values = values
    self.codes = codes
  }

  mutating func encode(_ item: Exchange.Item) -> [UInt8] {
    switch item {
    case .action(let script, let timeout):
      return setUp(script) + "_a \(timeout ?? 0) \(codes[script.text] ?? 0)&&".utf8
    case .probe(let probe):
      let words = "\(probe.stage.letter) \(probe.index) \(probe.limit)"
      return setUp(probe.script) + "_q \(words) \(probe.isNegated ? 1 : 0) ".utf8
        + ShellWord.quote(probe.says ?? "") + " \(codes[probe.script.text] ?? 0)&&".utf8
    }
  }

  private mutating func setUp(_ script: Exchange.Script) -> [UInt8] {
    let export = ShellWord.export(values.merging(script.secrets) { $1 })
    if user != nil {
      return "_yo=".utf8 + ShellWord.quote(behindSudo(script, export)) + "&&".utf8
    }
    var line: [UInt8] = []
    if export != secrets {
      secrets = export
      line += "_sec=".utf8
      line += ShellWord.quote(export)
      line += "&&".utf8
    }
    if script.interpreter ?? "" != interpreter {
      interpreter = script.interpreter ?? ""
      line += "_in=".utf8
      line += ShellWord.quote(words(interpreter))
      line += "&&".utf8
    }
    return line
  }

  /// The one line that the shell behind sudo reads from its standard input: neither values nor
  /// code may be in its arguments, and the other user can't read our files.
  private func behindSudo(_ script: Exchange.Script, _ export: [UInt8]) -> [UInt8] {
    var line = Array("_n=${IFS#??};".utf8)
    if !export.isEmpty {
      line += export
      line += ";".utf8
    }
    line += "_c=".utf8
    line += ShellWord.quote(script.text.utf8)
    // What follows the line is the action's input, where it has one.
    if !script.readsInput { line += ";exec </dev/null".utf8 }
    line += ";cd \"$HOME\" 2>/dev/null||cd /;unset OLDPWD l _n;".utf8
    if let interpreter = script.interpreter {
      line += "umask 077;_f=$(mktemp)||exit 126;printf '%s\\n' \"$_c\">\"$_f\";umask 022;".utf8
      line += words(interpreter)
      line += " \"$_f\";_s=$?;rm -f -- \"$_f\";exit $_s".utf8
    } else {
      line += "set -eu;eval \"$_c\"".utf8
    }
    return line
  }

  /// The words of a `#!` line, quoted.
  private func words(_ command: String) -> [UInt8] {
    Array(
      command.split(separator: " ").map { ShellWord.quote(String($0)) }.joined(separator: " ".utf8))
  }
}

extension ProbeStage {
  var letter: String {
    switch self {
    case .require: "r"
    case .unless: "u"
    case .check: "c"
    case .output: "o"
    }
  }
}
