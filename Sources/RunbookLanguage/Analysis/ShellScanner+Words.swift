/// Words, quotes and expansions.
extension ShellScanner {
  /// Whether a byte ends a word.
  func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0D, 0x0A, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"):
      true
    default: false
    }
  }

  /// One word; its text where nothing in it is quoted or expanded.
  mutating func scanWord() -> String? {
    let start = index
    var isPlain = true
    while let byte = peek(), !endsWord(byte) {
      switch byte {
      case UInt8(ascii: "'"):
        isPlain = false
        singleQuotes()
      case UInt8(ascii: "\""):
        isPlain = false
        doubleQuotes()
      case UInt8(ascii: "$"):
        isPlain = false
        dollar(isQuoted: false)
      case UInt8(ascii: "`"):
        if isInBackticks { return nil }
        isPlain = false
        backticks()
      case UInt8(ascii: "\\"):
        isPlain = false
        index = min(index + 2, limit)
      default: index += 1
      }
    }
    guard isPlain, index - start <= 64 else { return nil }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func singleQuotes() {
    index += 1
    skip { $0 != UInt8(ascii: "'") }
    index = min(index + 1, limit)
  }

  private mutating func doubleQuotes() {
    index += 1
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return
      default: expandable(byte)
      }
    }
  }

  /// One byte of a text in which `$` and backticks count and quotes do not.
  mutating func expandable(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\\"): index = min(index + 2, limit)
    case UInt8(ascii: "$"): dollar(isQuoted: true)
    case UInt8(ascii: "`"): backticks()
    default: index += 1
    }
  }

  private mutating func backticks() {
    index += 1
    let outer = isInBackticks
    isInBackticks = true
    enclosedCommands(until: .backtick)
    isInBackticks = outer
  }

  // MARK: - Expansions

  /// What follows a `$`.
  private mutating func dollar(isQuoted: Bool) {
    let start = index
    index += 1
    guard let byte = peek() else { return }
    switch byte {
    case UInt8(ascii: "("):
      index += 1
      if peek() == UInt8(ascii: "(") {
        index += 1
        arithmetic()
      } else {
        enclosedCommands(until: .parenthesis)
      }
    case UInt8(ascii: "{"):
      index += 1
      braces(from: start, isQuoted: isQuoted)
    case UInt8(ascii: "'") where !isQuoted:
      index += 1
      while let next = peek(), next != UInt8(ascii: "'") {
        index = min(index + (next == UInt8(ascii: "\\") ? 2 : 1), limit)
      }
      index = min(index + 1, limit)
    case _ where isNameStart(byte): found.reads.append(.init(name: name(), offset: start))
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "@"), UInt8(ascii: "*"),
      UInt8(ascii: "#"), UInt8(ascii: "?"), UInt8(ascii: "-"), UInt8(ascii: "$"),
      UInt8(ascii: "!"):
      index += 1
    default: break
    }
  }

  private mutating func name() -> String {
    let start = index
    skip { isNameStart($0) || isDigit($0) }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  /// `${…}`, from behind the brace; with `-`, `=`, `?` or `+` it minds that the name may be unset.
  private mutating func braces(from start: Int, isQuoted: Bool) {
    guard depth < Self.depthLimit else {
      index = limit
      return
    }
    depth += 1
    defer { depth -= 1 }
    if peek() == UInt8(ascii: "#"), peek(1) != UInt8(ascii: "}") { index += 1 }
    if let byte = peek(), isNameStart(byte) {
      let name = name()
      var operation = peek()
      if operation == UInt8(ascii: ":") { operation = peek(1) }
      switch operation {
      case UInt8(ascii: "="): found.assigned.append(name)
      case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: "+"): break
      default: found.reads.append(.init(name: name, offset: start))
      }
    }
    while let byte = peek(), byte != UInt8(ascii: "}") {
      switch byte {
      case UInt8(ascii: "'") where !isQuoted: singleQuotes()
      case UInt8(ascii: "\""): doubleQuotes()
      default: expandable(byte)
      }
    }
    index = min(index + 1, limit)
  }

  /// `$((…))` and `((…))`, from behind the parentheses.
  mutating func arithmetic() {
    guard depth < Self.depthLimit else {
      index = limit
      return
    }
    depth += 1
    defer { depth -= 1 }
    var parentheses = 2
    while let byte = peek(), parentheses > 0 {
      switch byte {
      case UInt8(ascii: "("):
        parentheses += 1
        index += 1
      case UInt8(ascii: ")"):
        parentheses -= 1
        index += 1
      case _ where isNameStart(byte):
        let name = name()
        skip { $0 == 0x20 }
        if setsArithmetically() { found.assigned.append(name) }
      case UInt8(ascii: "0")...UInt8(ascii: "9"): skip { isWordPart($0) }
      default: expandable(byte)
      }
    }
  }

  /// `=`, `+=`, `++` and their like, but not `==`.
  private func setsArithmetically() -> Bool {
    guard let first = peek() else { return false }
    let second = peek(1)
    if first == UInt8(ascii: "=") { return second != UInt8(ascii: "=") }
    let signs = Set("+-*/%&|^".utf8)
    let repeats = Set("+-".utf8)
    return signs.contains(first)
      && (second == UInt8(ascii: "=") || second == first && repeats.contains(first))
  }

  // MARK: - Assignments

  /// The name of an assignment that begins here (`x=`, `x+=`, `x[i]=`), with the scanner behind it.
  mutating func assignmentName() -> String? {
    guard let first = peek(), isNameStart(first) else { return nil }
    var end = index
    while end < limit, isNameStart(bytes[end]) || isDigit(bytes[end]) { end += 1 }
    let nameEnd = end
    if end < limit, bytes[end] == UInt8(ascii: "[") {
      while end < limit, bytes[end] != UInt8(ascii: "]"), bytes[end] != 0x0A { end += 1 }
      end += 1
    }
    if end < limit, bytes[end] == UInt8(ascii: "+") { end += 1 }
    guard end < limit, bytes[end] == UInt8(ascii: "=") else { return nil }
    let name = String(decoding: bytes[index..<nameEnd], as: UTF8.self)
    index = end + 1
    return name
  }

  /// The value of an assignment; `(` begins an array.
  mutating func assignedValue() {
    guard peek() == UInt8(ascii: "(") else {
      _ = scanWord()
      return
    }
    index += 1
    while let byte = peek(), byte != UInt8(ascii: ")") {
      let start = index
      if byte == UInt8(ascii: "#") { skip { $0 != 0x0A } } else { _ = scanWord() }
      if index == start { index += 1 }
    }
    index = min(index + 1, limit)
  }
}
