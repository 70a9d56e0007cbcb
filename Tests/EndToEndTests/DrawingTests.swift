import Foundation
import Glibc
import Testing

/// What other programs read: the list as JSON, the graph as a drawing.
@Suite("For other programs")
struct DrawingTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(
      "runbooks/work.runbook",
      """
      /// What it is for.
      runbook work "A title with <brackets> & more" {
        /// How often.
        input times: int
        input pause = 90s
        step one "First & <only>" { run `echo "$times" "$pause"` no rollback "a test" }
        step two { check `true` }
      }
      """)
    try place.write("runbooks/broken.runbook", "runbook broken { stepp a { } }\n")
    return place
  }

  @Test func theListIsOneObjectALine() async throws {
    let result = try await place().reprise("list", "--json")
    #expect(result.status == 0, "\(result.errorText)")
    let objects = try result.text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["runbook"] as? String } == ["broken", "work"])
    let broken = objects[0]
    #expect((broken["mistakes"] as? Int ?? 0) > 0)
    #expect(broken["title"] == nil)
    let work = objects[1]
    #expect(work["mistakes"] as? Int == 0)
    #expect(work["title"] as? String == "A title with <brackets> & more")
    #expect(work["documentation"] as? String == "What it is for.")
    #expect(work["file"] as? String == "runbooks/work.runbook")
    let inputs = try #require(work["inputs"] as? [[String: String]])
    #expect(
      inputs == [
        ["name": "times", "type": "int", "documentation": "How often."],
        ["name": "pause", "type": "duration", "default": "90s", "documentation": ""],
      ])
  }

  private static let dot = "/usr/bin/dot"

  @Test(.enabled(if: access(dot, X_OK) == 0, "needs Graphviz"))
  func theGraphIsDrawn() async throws {
    let place = try place()
    let file = place.directory + "/work.svg"
    let result = try await place.reprise("graph", "work", "--format", "svg", "-o", file)
    #expect(result.status == 0, "\(result.errorText)")
    let drawing = try String(contentsOfFile: file, encoding: .utf8)
    #expect(drawing.contains("<svg "))
    for step in ["one", "two"] { #expect(drawing.contains(step), "\(drawing)") }
    #expect(drawing.contains("&lt;only&gt;"), "\(drawing)")
    #expect(drawing.hasSuffix("</svg>\n"))
  }

  @Test func withoutGraphvizItIsSaidWhatToInstall() async throws {
    let place = try place()
    let result = try await place.shell("PATH=/nowhere \"$reprise\" graph work --format svg")
    #expect(result.status == 64)
    #expect(result.text.contains("install the package graphviz"), "\(result.text)")
  }
}
