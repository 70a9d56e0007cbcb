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
  /// Every value that this process has met: all of them are masked.
  private var met: [SecretID: Set<[UInt8]>] = [:]
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
      met[id, default: []].insert(value)
    }
  }

  /// Of those of the secrets that have a value; nil where none has.
  package func seal(_ ids: Set<SecretID>, salt: Int) -> SecretSeal? {
    let known = values.filter { ids.contains($0.key) }
    if known.isEmpty { return nil }
    return SecretSeal(salt: salt, checks: known.mapValues { Self.check($0, salt: salt) })
  }

  /// Whether each value that was sealed is one that is masked.
  package func covers(_ seal: SecretSeal?) -> Bool {
    guard let seal else { return true }
    return seal.checks.allSatisfy { id, check in
      met[id]?.contains { Self.check($0, salt: seal.salt) == check } ?? false
    }
  }

  /// FNV-1a with a finish that spreads every bit. No more than 16 bits of it leave: who steals the
  /// journal learns too little to try guesses on, which a longer hash would allow.
  private static func check(_ value: [UInt8], salt: Int) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for shift in stride(from: 0, to: 64, by: 8) {
      hash = (hash ^ UInt64(truncatingIfNeeded: salt >> shift) & 0xff) &* 0x100_0000_01b3
    }
    for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return Int(hash >> 48)
  }

  package func value(of id: SecretID) -> [UInt8]? { values[id] }

  /// The secrets of a name table whose names stand in the code as words.
  package static func mentioned(in text: String, _ table: NameTable) -> [String: SecretID] {
    var secrets: [String: SecretID] = [:]
    for (name, meaning) in table.meanings {
      if case .secret(let id) = meaning { secrets[name] = id }
    }
    guard !secrets.isEmpty else { return [:] }
    let words = SecretFlow.words(of: text)
    return secrets.filter { words.contains($0.key) }
  }
}
