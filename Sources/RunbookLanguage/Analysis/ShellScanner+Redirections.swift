/// Redirections and here-documents.
extension ShellScanner {
  mutating func redirect(isInBrackets: Bool) {
    let sign = peek()
    index += 1
    if isInBrackets { return }
    if peek() == UInt8(ascii: "(") {
      index += 1
      return enclosedCommands(until: .parenthesis)
    }
    if sign == UInt8(ascii: "<"), peek() == UInt8(ascii: "<") {
      index += 1
      if peek() == UInt8(ascii: "<") {
        index += 1
      } else {
        return hereDocument()
      }
    }
    while let byte = peek(),
      [UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "|")].contains(byte)
    {
      index += 1
    }
    skip { $0 == 0x20 || $0 == 0x09 }
    _ = scanWord()
  }

  /// The delimiter of a here-document; its text follows at the next line.
  private mutating func hereDocument() {
    var document = HereDocument(delimiter: [], isQuoted: false, stripsTabs: false)
    if peek() == UInt8(ascii: "-") {
      document.stripsTabs = true
      index += 1
    }
    skip { $0 == 0x20 || $0 == 0x09 }
    while let byte = peek(), !endsWord(byte) {
      index += 1
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        document.isQuoted = true
      } else {
        document.delimiter.append(byte)
      }
    }
    if !document.delimiter.isEmpty { hereDocuments.append(document) }
  }

  /// The here-documents announced on the line that has just ended.
  mutating func readHereDocuments() {
    let waiting = hereDocuments
    hereDocuments = []
    for document in waiting {
      let start = index
      var end = limit
      while index < limit {
        let lineStart = index
        skip { $0 != 0x0A }
        var line = bytes[lineStart..<index]
        if document.stripsTabs { line = line.drop { $0 == 0x09 } }
        index = min(index + 1, limit)
        if line.elementsEqual(document.delimiter) {
          end = lineStart
          break
        }
      }
      if document.isQuoted { continue }
      let (after, outerLimit) = (index, limit)
      (index, limit) = (start, end)
      while let byte = peek() { expandable(byte) }
      (index, limit) = (after, outerLimit)
    }
  }
}
