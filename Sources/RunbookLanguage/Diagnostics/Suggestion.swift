/// "Did you mean": the nearest of the names that would have been right.
package enum Suggestion {
  /// Candidates beyond this are not looked at: a file full of mistakes must not take quadratic time.
  private static let candidateLimit = 2_000
  private static let lengthLimit = 64

  /// The nearest candidate within a third of the word's length, and nil where none is near.
  package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let written = Array(word.utf8)
    guard !written.isEmpty, written.count <= lengthLimit else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates.prefix(candidateLimit) where candidate != word {
      let length = max(written.count, candidate.utf8.count)
      // Something has to be left of what was written.
      let allowed = min(max(length, 3) / 3, length - 1)
      let bound = min(allowed, (best?.distance).map { $0 - 1 } ?? allowed)
      guard bound >= 0, abs(candidate.utf8.count - written.count) <= bound else { continue }
      let distance = distance(written, Array(candidate.utf8))
      if distance <= bound { best = (distance, candidate) }
    }
    return best?.name
  }

  /// The sentence for `help:`, or nil.
  static func help(for word: String, among candidates: some Sequence<String>) -> String? {
    nearest(to: word, among: candidates).map { "did you mean `\($0)`?" }
  }

  /// Insertions, deletions, replacements and swaps of neighbours.
  private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: second.count + 1)
    var last = Array(0...second.count)
    for row in 0..<first.count {
      var current = [Int](repeating: row + 1, count: second.count + 1)
      for column in 0..<second.count {
        let cost = first[row] == second[column] ? 0 : 1
        var value = min(last[column] + cost, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, first[row] == second[column - 1],
          first[row - 1] == second[column]
        {
          value = min(value, beforeLast[column - 1] + 1)
        }
        current[column + 1] = value
      }
      beforeLast = last
      last = current
    }
    return last[second.count]
  }
}
