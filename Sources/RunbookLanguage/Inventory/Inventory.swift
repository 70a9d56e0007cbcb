import RunbookCore

/// The hosts of a site as its inventory file lists them, mistakes included.
///
/// A row that makes no usable host is kept with what is wrong with it: it is an error only where a
/// group selects it.
package struct Inventory: Sendable {
  package struct Row: Sendable {
    package var host: Host
    /// Where its line begins.
    var range: SourceRange
    package var problem: Diagnostic?
  }

  let file: SourceFile
  /// Cleaned names, in the order of the file.
  package var columns: [String]
  package var rows: [Row] = []

  /// Reads a file: JSON as `ansible-inventory --list` prints it where it begins with `{`, CSV where
  /// its name ends in `.csv`, else TSV.
  ///
  /// The diagnostics are those that make the whole file unusable; those of single rows stay with
  /// the rows.
  ///
  /// - Parameter sources: the files of the runbook, so that a column that the inventory has not is
  ///   marked where the runbook names it.
  package static func parse(
    _ file: SourceFile, declaration: InventoryDeclaration, sources: [SourceFile] = []
  ) -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    if let invalid = firstInvalidByte(file.bytes) {
      let range = SourceRange(invalid, invalid + 1)
      return (
        nil,
        [
          Diagnostic(
            .notUTF8, "this is not UTF-8", at: Place(file, range), help: "save the file as UTF-8")
        ]
      )
    }
    let start = file.startsWithByteOrderMark ? 3 : 0
    let first = file.bytes[start...].first { ![0x20, 0x09, 0x0D, 0x0A].contains($0) }
    if first == UInt8(ascii: "{") {
      return AnsibleInventory.parse(file, declaration: declaration)
    }
    var table = InventoryTable(file, declaration, sources)
    return table.parse()
  }

  /// The name of a column as runbooks write it: lower-case, with `_` for all but letters and digits.
  package static func cleaned(_ column: String) -> String {
    String(
      column.lowercased().unicodeScalars.map { scalar -> Character in
        switch scalar {
        case "a"..."z", "0"..."9", "_": Character(scalar)
        default: "_"
        }
      })
  }

  private static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    // The longest valid beginning, found by halving.
    var low = 0
    var high = bytes.count
    while high - low > 4 {
      let middle = (low + high) / 2
      var end = middle
      while end > low, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      if end == low { break }
      if String(validating: bytes[low..<end], as: UTF8.self) != nil {
        low = end
      } else {
        high = end
      }
    }
    return low
  }
}

/// What makes a host usable, whatever file it comes from.
struct HostRules {
  let file: SourceFile
  private var seen: [String: SourceRange] = [:]

  init(_ file: SourceFile) {
    self.file = file
  }

  /// What is wrong with a host, nil where nothing is.
  mutating func problem(_ host: Host, port: String, at range: SourceRange) -> Diagnostic? {
    let place = Place(file, range)
    guard isUsable(host.name) else {
      return Diagnostic(
        .badHostName,
        host.name.isEmpty ? "this row has no name" : "`\(host.name)` can't be the name of a host",
        at: place, help: "a name is one word without `/`, and does not begin with `-`")
    }
    if let first = seen.updateValue(range, forKey: host.name) {
      seen[host.name] = first
      return Diagnostic(
        .duplicateHost, "host `\(host.name)` stands here a second time", at: place,
        help: "remove one of the rows",
        notes: [.init(text: "the first one", place: Place(file, first))])
    }
    guard !host.address.isEmpty else {
      return Diagnostic(
        .missingAddress, "host `\(host.name)` has no address", at: place,
        help: "fill its address in")
    }
    guard isUsable(host.address), host.user.map(isUsable) ?? true else {
      return Diagnostic(
        .missingAddress, "host `\(host.name)` can't be reached by this address or user",
        at: place, help: "addresses and users are one word and do not begin with `-`")
    }
    if !port.isEmpty, host.port == nil {
      return Diagnostic(
        .badPort, "host `\(host.name)` has `\(port)` as its port", at: place,
        help: "a port is a number from 1 to 65535")
    }
    return nil
  }

  /// One word that neither ssh nor a list of words can misread.
  private func isUsable(_ word: String) -> Bool {
    guard let first = word.utf8.first, first != UInt8(ascii: "-") else { return false }
    return !word.unicodeScalars.contains {
      $0.value <= 0x20 || $0.value == 0x7F || $0 == "/" || $0.properties.isWhitespace
    }
  }

  static func port(_ text: String) -> Int? {
    guard let port = Int(text), (1...65_535).contains(port) else { return nil }
    return port
  }
}
