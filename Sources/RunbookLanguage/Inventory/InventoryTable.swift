import RunbookCore

/// An inventory as lines of fields under a header: TSV or CSV.
struct InventoryTable {
  private struct Field {
    var text: String
    var range: SourceRange
  }

  private let file: SourceFile
  private let declaration: InventoryDeclaration
  /// The files of the runbook.
  private let sources: [SourceFile]
  private let separator: UInt8
  private var offset: Int
  private var diagnostics: [Diagnostic] = []

  init(
    _ file: SourceFile, _ declaration: InventoryDeclaration, _ sources: [SourceFile] = []
  ) {
    self.file = file
    self.declaration = declaration
    self.sources = sources
    separator = file.name.lowercased().hasSuffix(".csv") ? UInt8(ascii: ",") : 0x09
    offset = file.startsWithByteOrderMark ? 3 : 0
  }

  mutating func parse() -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    guard let header = record() else {
      report(
        .inventoryHeader, "this inventory is empty", SourceRange(0, 0),
        help: "its first line names the columns")
      return (nil, diagnostics)
    }
    let columns = header.map { Inventory.cleaned($0.text) }
    checkColumns(header, columns)
    let name = column(declaration.nameColumn, or: "name", columns, header)
    let address = column(declaration.addressColumn, or: "address", columns, header)
    let user = optional(declaration.userColumn, or: "user", columns, header)
    let port = optional(declaration.portColumn, or: "port", columns, header)
    guard let name, let address, diagnostics.isEmpty else { return (nil, diagnostics) }

    var inventory = Inventory(file: file, columns: columns)
    var rules = HostRules(file)
    while let fields = record() {
      var values: [String: String] = [:]
      for (column, field) in zip(columns, fields) { values[column] = field.text }
      func value(_ index: Int?) -> String {
        index.map { $0 < fields.count ? fields[$0].text : "" } ?? ""
      }
      let range = fields[0].range.through(fields[fields.count - 1].range)
      var host = Host(name: value(name), address: value(address), columns: values)
      host.user = value(user).isEmpty ? nil : value(user)
      host.port = HostRules.port(value(port))
      let problem =
        countProblem(fields.count, columns.count, host.name, range)
        ?? rules.problem(host, port: value(port), at: range)
      inventory.rows.append(.init(host: host, range: range, problem: problem))
    }
    return (inventory, diagnostics)
  }

  private func countProblem(
    _ found: Int, _ wanted: Int, _ name: String, _ range: SourceRange
  ) -> Diagnostic? {
    guard found != wanted else { return nil }
    let kind = separator == 0x09 ? "tabs" : "commas"
    return Diagnostic(
      .inventoryRow,
      "this row has \(found) field\(found == 1 ? "" : "s"), and the header has \(wanted)",
      at: Place(file, range), help: "fields are separated by \(kind); fill the row in")
  }

  // MARK: - Columns

  private mutating func checkColumns(_ header: [Field], _ columns: [String]) {
    var seen: [String: Field] = [:]
    for (field, column) in zip(header, columns) where !column.isEmpty {
      if let first = seen.updateValue(field, forKey: column) {
        report(
          .inventoryHeader, "two columns are called `\(column)`", field.range,
          help: "rename one; upper case and special characters make no difference",
          notes: [.init(text: "the first one", place: Place(file, first.range))])
      }
    }
  }

  private mutating func column(
    _ declared: String?, or usual: String, _ columns: [String], _ header: [Field]
  ) -> Int? {
    let wanted = declared ?? usual
    if let index = columns.firstIndex(of: wanted) { return index }
    guard let first = header.first, let last = header.last else { return nil }
    let known = columns.filter { !$0.isEmpty }.map { "`\($0)`" }.joined(separator: ", ")
    let place =
      declared.flatMap { declarationPlace(of: $0, after: usual) }
      ?? Place(file, first.range.through(last.range))
    diagnostics.append(
      Diagnostic(
        .inventoryHeader,
        place.file === file
          ? "no column is called `\(wanted)`"
          : "no column of `\(file.name)` is called `\(wanted)`", at: place,
        help: Suggestion.help(for: wanted, among: columns)
          ?? "say which column it is: `inventory \"…\" { \(usual) COLUMN }`; there are \(known)"))
    return nil
  }

  /// Where the runbook names a column: behind the path of the inventory and the column's role.
  private func declarationPlace(of column: String, after role: String) -> Place? {
    guard let source = sources.first(where: { $0.name == declaration.origin.file }),
      let start = source.offset(of: declaration.origin)
    else { return nil }
    let piece = SourceFile(name: source.name, bytes: Array(source.bytes[start...].prefix(2_000)))
    let tokens = Lexer.lex(piece).tokens
    for (before, token) in zip(tokens, tokens.dropFirst()) {
      if before.kind == .rightBrace { return nil }
      let text = piece.text(token.range)
      let written = token.kind == .string ? String(text.dropFirst().dropLast()) : text
      if piece.text(before.range) == role, Inventory.cleaned(written) == column {
        return Place(source, SourceRange(start + token.start, start + token.end))
      }
    }
    return nil
  }

  /// Users and ports need no column, but one that is named must be there.
  private mutating func optional(
    _ declared: String?, or usual: String, _ columns: [String], _ header: [Field]
  ) -> Int? {
    if declared == nil { return columns.firstIndex(of: usual) }
    return column(declared, or: usual, columns, header)
  }

  // MARK: - Fields

  /// The next line that is not empty.
  private mutating func record() -> [Field]? {
    while offset < file.bytes.count {
      let fields = separator == UInt8(ascii: ",") ? quotedFields() : plainFields()
      if fields.count > 1 || !(fields.first?.text.isEmpty ?? true) { return fields }
    }
    return nil
  }

  private mutating func plainFields() -> [Field] {
    var fields: [Field] = []
    var start = offset
    while offset < file.bytes.count, file.bytes[offset] != 0x0A {
      if file.bytes[offset] == separator {
        fields.append(field(start, offset))
        start = offset + 1
      }
      offset += 1
    }
    fields.append(field(start, offset))
    offset += 1
    let isBlank = fields.allSatisfy(\.text.isEmpty)
    return isBlank ? [] : fields
  }

  /// RFC 4180: a field in double quotes may hold commas, line breaks and doubled quotes.
  private mutating func quotedFields() -> [Field] {
    var fields: [Field] = []
    while true {
      let start = offset
      while let byte = peek(), byte == 0x20 || byte == 0x09 { offset += 1 }
      if peek() == UInt8(ascii: "\"") {
        fields.append(quotedField())
      } else {
        offset = start
        while let byte = peek(), byte != separator, byte != 0x0A { offset += 1 }
        fields.append(field(start, offset))
      }
      let end = peek()
      offset += 1
      if end != separator { break }
    }
    return fields.allSatisfy(\.text.isEmpty) ? [] : fields
  }

  private mutating func quotedField() -> Field {
    let start = offset
    var text: [UInt8] = []
    offset += 1
    while let byte = peek() {
      offset += 1
      if byte == UInt8(ascii: "\"") {
        guard peek() == byte else { break }
        offset += 1
      }
      text.append(byte)
    }
    let end = offset
    while let byte = peek(), byte != separator, byte != 0x0A { offset += 1 }
    return Field(text: String(decoding: text, as: UTF8.self), range: SourceRange(start, end))
  }

  private func peek() -> UInt8? { offset < file.bytes.count ? file.bytes[offset] : nil }

  /// A field without the blanks around it.
  private func field(_ start: Int, _ end: Int) -> Field {
    var range = SourceRange(start, end)
    while range.start < range.end, [0x20, 0x09, 0x0D].contains(file.bytes[range.start]) {
      range.start += 1
    }
    while range.end > range.start, [0x20, 0x09, 0x0D].contains(file.bytes[range.end - 1]) {
      range.end -= 1
    }
    return Field(text: file.text(range), range: range)
  }

  private mutating func report(
    _ code: DiagnosticCode, _ summary: String, _ range: SourceRange, help: String,
    notes: [Diagnostic.Note] = []
  ) {
    diagnostics.append(
      Diagnostic(code, summary, at: Place(file, range), help: help, notes: notes))
  }
}
