import RunbookCore

/// Reads the values of secrets where the runbook says they are.
package protocol SecretReader: Sendable {
  /// The value as it is now. Never stored by whoever asks.
  func read(_ secret: SecretDeclaration) async throws(SecretProblem) -> [UInt8]
}

/// Why a secret has no usable value.
package struct SecretProblem: Error, Hashable, Sendable {
  package var name: String
  /// What happened, without any part of the value.
  package var reason: String
  package var remedy: String

  package init(name: String, reason: String, remedy: String) {
    self.name = name
    self.reason = reason
    self.remedy = remedy
  }
}

/// The secrets of a run while it is driven: in memory only.
package struct SecretVault: Sendable {
  package private(set) var redactor = Redactor()
  private var values: [SecretID: [UInt8]] = [:]
  private let declarations: [SecretID: SecretDeclaration]
  private let reader: (any SecretReader)?

  package init(_ declarations: [SecretDeclaration], reader: (any SecretReader)?) {
    self.declarations = Dictionary(declarations.map { ($0.id, $0) }) { first, _ in first }
    self.reader = reader
  }

  /// The values of these secrets as they are now.
  package func read(
    _ ids: Set<SecretID>
  ) async throws(SecretProblem) -> [SecretID: [UInt8]] {
    var found: [SecretID: [UInt8]] = [:]
    for id in ids.sorted() {
      guard let declaration = declarations[id], let reader else { continue }
      let value = try await reader.read(declaration)
      if value.count < Redactor.shortestSecret {
        throw SecretProblem(
          name: declaration.name,
          reason: "it has fewer than \(Redactor.shortestSecret) bytes",
          remedy: "so short a value can't be kept out of logs: choose a longer one")
      }
      if value.contains(0) || value.count > 96 << 10 {
        throw SecretProblem(
          name: declaration.name,
          reason: value.contains(0) ? "it has a NUL byte" : "it has more than 96 KiB",
          remedy: "a value of the environment can't be so: put it into a file of the host")
      }
      found[id] = value
    }
    return found
  }

  /// From now on these are the values, and they are masked in everything that is journaled.
  package mutating func keep(_ found: [SecretID: [UInt8]]) {
    for (id, value) in found {
      redactor.add(value)
      values[id] = value
    }
  }

  package func value(of id: SecretID) -> [UInt8]? { values[id] }

  /// The secrets of a name table whose names stand in the code as words.
  package static func mentioned(in text: String, _ table: NameTable) -> [String: SecretID] {
    var secrets: [String: SecretID] = [:]
    for (name, meaning) in table.meanings {
      if case .secret(let id) = meaning { secrets[name] = id }
    }
    guard !secrets.isEmpty else { return [:] }
    let words = words(of: text)
    return secrets.filter { words.contains($0.key) }
  }

  /// Everything in code that may be a name.
  static func words(of text: String) -> Set<String> {
    Set(
      text.utf8.split { byte in
        !(byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte)
          || (97...122).contains(byte))
      }.map { String(Substring($0)) })
  }
}
