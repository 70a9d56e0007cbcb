/// Functions, `case`, and what else is known by the sign behind a word.
extension ShellScanner {
  /// Commands that print elsewhere, or do not run where they stand.
  mutating func enclosedCommands(until end: End) {
    enclosures += 1
    commands(until: end)
    enclosures -= 1
  }

  /// Whether `()` follows, perhaps after blanks.
  var isFollowedByParentheses: Bool {
    var offset = 0
    while let byte = peek(offset), byte == 0x20 || byte == 0x09 { offset += 1 }
    guard peek(offset) == UInt8(ascii: "(") else { return false }
    offset += 1
    while let byte = peek(offset), byte == 0x20 || byte == 0x09 { offset += 1 }
    return peek(offset) == UInt8(ascii: ")")
  }

  /// A function's name, with the scanner behind its parentheses; its body comes next.
  mutating func announce(_ name: String, from start: Int) {
    if isFollowedByParentheses {
      skip { $0 != UInt8(ascii: ")") }
      index += 1
    }
    announced = (name, start)
  }

  mutating func openBrace() {
    braces += 1
    guard let function = announced else { return }
    announced = nil
    openFunctions.append((function.name, function.start, braces))
  }

  mutating func closeBrace() {
    if let function = openFunctions.last, function.braces == braces {
      openFunctions.removeLast()
      found.functions.append(.init(name: function.name, range: function.start..<index))
    }
    braces -= 1
  }

  /// The name in `{name}>file`, which the shell sets to the number of a descriptor.
  func descriptor(_ text: String?) -> String? {
    guard let text, text.utf8.first == UInt8(ascii: "{"), text.utf8.count > 2,
      let sign = peek(), sign == UInt8(ascii: "<") || sign == UInt8(ascii: ">")
    else { return nil }
    return plainName(String(text.dropFirst().dropLast()))
  }

  /// `case WORD in a|b) … ;; esac`: its bars are no pipelines.
  mutating func caseCommand() {
    skipBlanks()
    _ = scanWord()
    skipBlanks()
    _ = scanWord()
    while index < limit {
      skipBlanks()
      if index == limit { return }
      if peek() == UInt8(ascii: "#") {
        skip { $0 != 0x0A }
        continue
      }
      let start = index
      if peek() == UInt8(ascii: "(") { index += 1 }
      if scanWord() == "esac" { return }
      while let byte = peek(), byte != UInt8(ascii: ")") {
        let before = index
        if byte == 0x0A { index += 1 } else { _ = scanWord() }
        if index == before { index += 1 }
      }
      if index < limit { index += 1 }
      commands(until: .caseItem)
      while let byte = peek(), byte == UInt8(ascii: ";") || byte == UInt8(ascii: "&") {
        index += 1
      }
      if index == start { index += 1 }
    }
  }

  /// The text where it is the name of a variable.
  func plainName(_ text: String?) -> String? {
    guard let text, let first = text.utf8.first, isNameStart(first),
      text.utf8.allSatisfy({ isNameStart($0) || isDigit($0) })
    else { return nil }
    return text
  }
}
