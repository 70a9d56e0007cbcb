import Foundation

/// The fixtures of the language's tests, as seeds.
package enum Corpus {
  /// The runbooks of a directory, and the parts of its directory `parts` by name.
  package static func read(_ directory: String) -> (seeds: [String], parts: [String: String]) {
    let seeds = files(directory).map(\.text)
    let parts = files(directory + "/parts").reduce(into: [String: String]()) { parts, file in
      parts[file.name] = file.text
    }
    return (seeds + parts.keys.sorted().compactMap { parts[$0] }, parts)
  }

  private static func files(_ directory: String) -> [(name: String, text: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".runbook") }.sorted().compactMap { name in
      FileManager.default.contents(atPath: directory + "/" + name).map {
        (String(name.dropLast(".runbook".count)), String(decoding: $0, as: UTF8.self))
      }
    }
  }
}
