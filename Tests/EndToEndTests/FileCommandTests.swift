import Foundation
import RunbookTestSupport
import Testing

/// `graph` and `format`: what is done with runbooks alone, without hosts or a state.
@Suite("Drawing and formatting runbooks")
struct FileCommandTests {
  private let runbook = """
    runbook work "A <title>" {
      phase prepare {
        step look { check `true` }
        parallel { step a { check `true` } step b { check `true` } }
      }
      step last { check `true` }
    }

    """

  private func reprise(
    _ arguments: [String], in directory: String, path: String? = nil
  ) async throws -> RepriseProcess.Result {
    try await RepriseProcess(
      arguments, in: directory, environment: path.map { ["PATH": $0] } ?? [:]
    ).wait()
  }

  private func withDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(
      atPath: directory + "/runbooks", withIntermediateDirectories: true)
    try runbook.write(
      toFile: directory + "/runbooks/work.runbook", atomically: true, encoding: .utf8)
    try await body(directory)
  }

  @Test func drawsWhatComesAfterWhat() async throws {
    try await withDirectory { directory in
      let tree = try await reprise(["graph", "work"], in: directory)
      #expect(tree.status == 0, "\(tree.errorText)")
      #expect(tree.text.split(separator: "\n").count == 7)
      let mermaid = try await reprise(["graph", "work", "--format", "mermaid"], in: directory)
      #expect(mermaid.text.hasPrefix("flowchart TD\n"))
      #expect(mermaid.text.split(separator: "\n").filter { $0.contains("-->") }.count == 4)
      let dot = try await reprise(["graph", "work", "--format", "dot"], in: directory)
      #expect(dot.text.contains(#"label="A <title>""#))
    }
  }

  @Test func saysWhatDrawsAnSVGWhereItIsMissing() async throws {
    try await withDirectory { directory in
      let svg = try await reprise(
        ["graph", "work", "--format", "svg"], in: directory, path: directory)
      #expect(svg.status == 64)
      #expect(svg.errorText.contains("graphviz"))
    }
  }

  @Test func formatsInPlaceAndOnlyLooksWithCheck() async throws {
    try await withDirectory { directory in
      let file = directory + "/runbooks/work.runbook"
      let crooked = runbook.replacingOccurrences(of: "\n  step", with: "\n        step")
      try crooked.write(toFile: file, atomically: true, encoding: .utf8)
      let check = try await reprise(["format", "--check"], in: directory)
      #expect(check.status == 1)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == crooked)
      #expect(try await reprise(["format"], in: directory).status == 0)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == runbook)
      #expect(try await reprise(["format", "--check"], in: directory).status == 0)
      try "runbook work {".write(toFile: file, atomically: true, encoding: .utf8)
      let broken = try await reprise(["format", file], in: directory)
      #expect(broken.status == 65)
      #expect(broken.errorText.contains("R014"))
    }
  }
}
