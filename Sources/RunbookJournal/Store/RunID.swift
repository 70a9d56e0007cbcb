import GRDB
import RunbookEngine

/// Names of runs: short, to be typed at night.
enum RunID {
  /// Digits and lower-case letters without those that look like another one (i, l, o, u).
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

  /// `length` characters, at least one of them a digit, so that it is no word.
  static func random(length: Int, using source: inout some RandomNumberGenerator) -> String {
    while true {
      let id = String((0..<length).map { _ in alphabet.randomElement(using: &source)! })
      if id.contains(where: \.isNumber) { return id }
    }
  }

  /// True for what can be a run's id; everything else (a path, say) never becomes a file's name.
  static func isValid(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.count <= 64
      && id.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension JournalFile {
  /// An id that no run of the file has: four characters, more where many are taken.
  ///
  /// Two processes may be given the same one; `createRun` refuses the second.
  package func newRunID() async throws(JournalError) -> String {
    try await thread.run { [self] () throws(JournalError) in
      var source = SystemRandomNumberGenerator()
      return try connection.read { db in
        for attempt in 0..<64 {
          let id = RunID.random(length: 4 + attempt / 16, using: &source)
          if try StoredRows.number(of: id, db) == nil { return id }
        }
        throw JournalError.other("no free run id")
      }
    }
  }
}
