import GRDB

/// A column without a value that the schema always gives one: the file was changed beside us.
struct MissingValue: Error {
  var column: String
}

/// Columns by their index, with errors where GRDB's own subscripts end the process.
extension Row {
  func int(_ index: Int) throws -> Int {
    guard let value = self[index] as Int? else { throw missing(index) }
    return value
  }

  /// A count of bytes or a number of something: never negative, never near the end of `Int`.
  func count(_ index: Int) throws -> Int {
    let value = try int(index)
    guard (0..<1 << 60).contains(value) else { throw missing(index) }
    return value
  }

  func text(_ index: Int) throws -> String {
    guard let value = self[index] as String? else { throw missing(index) }
    return value
  }

  func bytes(_ index: Int) throws -> [UInt8] {
    let value = try withUnsafeData(atIndex: index) { $0.map { [UInt8]($0) } }
    return value ?? []
  }

  private func missing(_ index: Int) -> MissingValue {
    MissingValue(column: Array(columnNames)[index])
  }
}
