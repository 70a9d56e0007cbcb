import Foundation
import Testing

/// The dependency arrows point one way; only the command line names concrete journals and
/// transports.
@Suite("What a target may import")
struct ImportTests {
  /// Ours, and Foundation where it is to be kept out.
  static let allowed: [(target: String, imports: Set<String>)] = [
    ("RunbookCore", []),
    ("RunbookLanguage", ["RunbookCore"]),
    ("RunbookEngine", ["RunbookCore", "Synchronization"]),
    ("RunbookReport", ["RunbookCore", "RunbookEngine"]),
    (
      "RunbookJournal",
      [
        "RunbookCore", "RunbookEngine", "GRDB", "CCrypto", "Foundation", "Dispatch", "Glibc",
        "Synchronization",
      ]
    ),
    (
      "RunbookTransport",
      [
        "RunbookCore", "RunbookEngine", "CLibSSH2", "CSpawn", "Foundation", "FoundationEssentials",
        "Dispatch", "Glibc", "Synchronization",
      ]
    ),
  ]

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func files(of target: String) -> [URL] {
    let folder = root.appendingPathComponent("Sources/\(target)")
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (all?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
  }

  @Test(arguments: allowed)
  func staysWithinItsArrows(target: String, imports: Set<String>) throws {
    let files = Self.files(of: target)
    #expect(!files.isEmpty)
    for file in files {
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
        guard words.first == "import", let name = words.last else { continue }
        let module = name.split(separator: ".").first.map(String.init) ?? ""
        #expect(imports.contains(module), "\(file.lastPathComponent) imports \(name)")
      }
    }
  }
}
