/// Walks shell code once, from left to right; commands first, words in `ShellScanner+Words`.
struct ShellScanner {
  enum End {
    case text, parenthesis, backtick, caseItem
  }
  struct HereDocument {
    var delimiter: [UInt8]
    var isQuoted: Bool
    var stripsTabs: Bool
  }

  let bytes: [UInt8]
  /// Where the text ends; nearer while a here-document is scanned.
  var limit: Int
  var index = 0
  var depth = 0
  var found = ShellCode()
  var hereDocuments: [HereDocument] = []
  var wantsCommands = false
  /// Functions whose body is being read, outermost first, with the braces around the body.
  var openFunctions: [(name: String, start: Int, braces: Int)] = []
  /// A function whose body comes next.
  var announced: (name: String, start: Int)?
  var braces = 0
  /// Substitutions and bodies of functions around the commands at hand: what those print goes
  /// elsewhere, or they do not run where they stand.
  var enclosures = 0
  /// A backtick then ends a substitution rather than beginning one.
  var isInBackticks = false

  /// Nothing that a person writes is deeper; the rest is then left unread.
  static let depthLimit = 40

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    limit = bytes.count
  }

  mutating func run() {
    while index < limit {
      commands(until: .text)
      if index < limit { index += 1 }
    }
  }

  /// What a list of commands knows about where it stands.
  private struct Position {
    var isCommand = true
    var isAfterCondition = false
    var builtin: ShellBuiltin?
    var isInBrackets = false
  }

  mutating func commands(until end: End) {
    guard depth < Self.depthLimit else {
      index = limit
      return
    }
    depth += 1
    defer { depth -= 1 }
    var position = Position()
    while let byte = peek() {
      switch byte {
      case 0x20, 0x09, 0x0D: index += 1
      case 0x0A:
        index += 1
        readHereDocuments()
        if !position.isInBrackets { position = Position() }
      case UInt8(ascii: "\\") where peek(1) == 0x0A: index += 2
      case UInt8(ascii: "#"): skip { $0 != 0x0A }
      case UInt8(ascii: "`") where end == .backtick:
        index += 1
        return
      case UInt8(ascii: ")") where !position.isInBrackets:
        if end == .parenthesis {
          index += 1
          return
        }
        if end == .caseItem { return }
        index += 1
        position = Position()
      case UInt8(ascii: "("), UInt8(ascii: ")"):
        if position.isInBrackets {
          index += 1
        } else {
          open(&position)
        }
      case UInt8(ascii: ";"), UInt8(ascii: "&"):
        if end == .caseItem, byte == UInt8(ascii: ";"),
          peek(1) == UInt8(ascii: ";") || peek(1) == UInt8(ascii: "&")
        {
          return
        }
        index += 1
        if !position.isInBrackets { position = Position() }
      case UInt8(ascii: "|"): bar(&position)
      case UInt8(ascii: "<"), UInt8(ascii: ">"): redirect(isInBrackets: position.isInBrackets)
      default:
        if word(&position, until: end) { return }
      }
    }
  }

  private mutating func bar(_ position: inout Position) {
    if position.isInBrackets {
      index += 1
    } else if peek(1) == UInt8(ascii: "|") {
      index += 2
      position = Position()
    } else {
      found.pipelines.append(index)
      index += 1
      if peek() == UInt8(ascii: "&") { index += 1 }
      position = Position()
    }
  }

  /// `(` of a subshell, of a function or of arithmetic.
  private mutating func open(_ position: inout Position) {
    let function = announced
    announced = nil
    if peek(1) == UInt8(ascii: "("), position.isCommand {
      index += 2
      arithmetic()
    } else {
      index += 1
      // Where no command can begin it is an array.
      if function == nil, position.isCommand {
        commands(until: .parenthesis)
      } else {
        enclosedCommands(until: .parenthesis)
      }
    }
    if let function {
      found.functions.append(.init(name: function.name, range: function.start..<index))
    }
    position = Position()
  }

  /// One word and what it means for the words after it; true where it ends the list.
  private mutating func word(_ position: inout Position, until end: End) -> Bool {
    let start = index
    if position.isCommand, let name = assignmentName() {
      found.assigned.append(name)
      assignedValue()
      return false
    }
    let text = scanWord()
    if index == start { index += 1 }
    if let name = descriptor(text) { found.assigned.append(name) }
    if position.isInBrackets {
      if text == "]]" { position = Position(isCommand: false) }
      return false
    }
    guard position.isCommand else {
      argument(text, from: start, &position)
      return false
    }
    switch text {
    case "!":
      if !position.isAfterCondition { found.negations.append(start) }
      position.isAfterCondition = false
    case "if", "elif", "while", "until": position = Position(isAfterCondition: true)
    case "then", "do", "else", "time", "command", "builtin": position = Position()
    case "{":
      openBrace()
      position = Position()
    case "}":
      closeBrace()
      position = Position(isCommand: false)
    case "for", "select":
      skipBlanks()
      if peek() == UInt8(ascii: "(") { return false }
      if let name = plainName(scanWord()) { found.assigned.append(name) }
      position = Position(isCommand: false)
    case "case": caseCommand()
    case "esac":
      if end == .caseItem {
        index = start
        return true
      }
      position = Position(isCommand: false)
    case "function":
      skipBlanks()
      if let name = scanWord() { announce(name, from: start) }
      position = Position()
    case "[[": position = Position(isCommand: false, isInBrackets: true)
    default: command(text, from: start, &position)
    }
    return false
  }

  private mutating func command(_ text: String?, from start: Int, _ position: inout Position) {
    guard let text else {
      position = Position(isCommand: false)
      return
    }
    if isFollowedByParentheses {
      announce(text, from: start)
      position = Position()
      return
    }
    if text == "eval" || text == "source" || text == "." { found.setsAnything = true }
    if wantsCommands {
      let isOutside = enclosures == 0 && openFunctions.isEmpty && announced == nil
      found.commands.append(.init(name: text, offset: start, isOutside: isOutside))
    }
    position = Position(isCommand: false, builtin: ShellBuiltin(text))
  }

  /// An argument may name a variable that its command sets.
  private mutating func argument(_ text: String?, from start: Int, _ position: inout Position) {
    guard position.builtin != nil else { return }
    let written = text ?? String(decoding: bytes[start..<index], as: UTF8.self)
    if let name = position.builtin?.assigned(by: written).flatMap(plainName) {
      found.assigned.append(name)
    }
  }

  // MARK: - Bytes

  func peek(_ distance: Int = 0) -> UInt8? {
    index + distance < limit ? bytes[index + distance] : nil
  }

  mutating func skip(_ condition: (UInt8) -> Bool) {
    while let byte = peek(), condition(byte) { index += 1 }
  }

  mutating func skipBlanks() {
    while let byte = peek() {
      if byte == 0x0A {
        index += 1
        readHereDocuments()
      } else if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        index += 1
      } else if byte == UInt8(ascii: "\\"), peek(1) == 0x0A {
        index += 2
      } else {
        return
      }
    }
  }
}

/// A letter or underscore: what begins the name of a shell variable.
func isNameStart(_ byte: UInt8) -> Bool { byte < 0x80 && isWordStart(byte) }
