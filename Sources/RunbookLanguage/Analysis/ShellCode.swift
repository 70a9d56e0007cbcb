import RunbookCore

/// What a piece of shell code reads and sets, and how its status may lie.
///
/// The scan is approximate where the shell is: it follows quotes, expansions, here-documents and
/// command substitution, not the meaning of commands. Offsets are bytes of the code's text.
struct ShellCode: Sendable {
  struct Read: Sendable {
    var name: String
    var offset: Int
  }
  /// `$name` and `${name}` outside of single quotes; not `${name:-…}` and its like.
  var reads: [Read] = []
  /// Names that the code gives a value itself.
  var assigned: [String] = []
  /// `!` before a command, but for conditions of `if` and loops.
  var negations: [Int] = []
  /// `|` between commands.
  var pipelines: [Int] = []
  /// Whether `eval`, `source` or `.` may set any name.
  var setsAnything = false
  /// The functions that it declares, inner ones before those around them.
  var functions: [Function] = []
  /// The first words of its commands, where they are asked for.
  var commands: [Command] = []

  struct Command: Sendable {
    var name: String
    var offset: Int
    /// Whether it runs wherever the code stands, and prints there: in no function or substitution.
    var isOutside: Bool
  }

  struct Function: Sendable {
    var name: String
    /// From its name to the end of its body.
    var range: Range<Int>
  }

  init(_ text: String, wantsCommands: Bool = false) {
    var scanner = ShellScanner(Array(text.utf8))
    scanner.wantsCommands = wantsCommands
    scanner.run()
    self = scanner.found
  }

  /// Whether code reads anything or has a status that may lie: without these signs it does not.
  static func mattersAlone(_ text: String) -> Bool {
    text.hasByte {
      $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "|")
    }
  }

  init() {}

  /// The command of a `#!` line, and whether it is a shell.
  static func interpreter(of text: String) -> (command: String?, isShell: Bool) {
    guard text.utf8.first == UInt8(ascii: "#"), text.hasPrefix("#!") else { return (nil, true) }
    let line = text.dropFirst(2).prefix { $0 != "\n" }
    let words = line.split(separator: " ").map(String.init)
    guard let first = words.first else { return (nil, true) }
    var program = base(first)
    if program == "env" || program == "busybox" {
      program = words.dropFirst().first { !$0.hasPrefix("-") }.map(base) ?? program
    }
    let shells: Set<String> = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"]
    return (words.joined(separator: " "), shells.contains(program))
  }

  private static func base(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

extension String {
  /// Whether one of its bytes fulfils the condition; a long text is searched in its storage.
  func hasByte(_ condition: (UInt8) -> Bool) -> Bool {
    utf8.withContiguousStorageIfAvailable { $0.contains(where: condition) }
      ?? utf8.contains(where: condition)
  }
}
