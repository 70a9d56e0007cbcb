import Glibc

/// Bytes that wait for the end of their line or part. What was searched is not searched again.
struct LineBuffer {
  private var bytes: [UInt8] = []
  private var start = 0
  private var searched = 0

  var count: Int { bytes.count - start }

  mutating func append(_ more: [UInt8]) {
    if start > 0 {
      bytes.removeFirst(start)
      searched = max(0, searched - start)
      start = 0
    }
    bytes += more
  }

  /// The next line without its newline; a carriage return before it belongs to the line.
  mutating func nextLine() -> [UInt8]? { next(endingWith: [UInt8(ascii: "\n")]) }

  /// The bytes before the next `end`, which is taken away with them. `end` begins with a newline.
  mutating func next(endingWith end: [UInt8]) -> [UInt8]? {
    guard let position = find(end) else { return nil }
    defer {
      start = position + end.count
      searched = start
    }
    return Array(bytes[start..<position])
  }

  mutating func takeAll() -> [UInt8] {
    defer {
      bytes = []
      start = 0
      searched = 0
    }
    return Array(bytes[start...])
  }

  private mutating func find(_ end: [UInt8]) -> Int? {
    var from = max(searched, start)
    let found: Int? = bytes.withUnsafeBytes { buffer in
      while from < buffer.count {
        guard
          let hit = memchr(buffer.baseAddress! + from, Int32(end[0]), buffer.count - from)
        else {
          from = buffer.count
          return nil
        }
        let position = UnsafeRawPointer(hit) - buffer.baseAddress!
        guard position + end.count <= buffer.count else {
          from = position
          return nil
        }
        if memcmp(hit, end, end.count) == 0 { return position }
        from = position + 1
      }
      return nil
    }
    searched = from
    return found
  }
}
