import Foundation
import Testing

/// One concept a file: what has grown beyond that is split.
@Suite("The size of source files")
struct SizeTests {
  @Test func holdsEveryFileUnder320Lines() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    var count = 0
    for folder in ["Sources", "Benchmarks"] {
      let all = FileManager.default.enumerator(
        at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
      for case let file as URL in all ?? .init() where file.pathExtension == "swift" {
        let lines = try String(contentsOf: file, encoding: .utf8).split(
          separator: "\n", omittingEmptySubsequences: false)
        count += 1
        #expect(lines.count <= 320, "\(file.lastPathComponent) has \(lines.count) lines")
      }
    }
    #expect(count > 100)
  }
}
