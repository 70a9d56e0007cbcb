import ArgumentParser
import RunbookLanguage
import RunbookReport
import RunbookTransport

/// `--format` of `graph`
enum GraphFormat: String, ExpressibleByArgument, CaseIterable {
  case tree, dot, mermaid, svg
}

/// `reprise graph NAME`
struct GraphCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draw the steps of a runbook and what comes after what.",
    discussion: """
      reprise graph hello                              indented, for a screen
      reprise graph hello --format mermaid             for a wiki
      reprise graph hello --format svg -o hello.svg    drawn by Graphviz's dot

      An arrow says that a step begins after another one has ended well; a dashed one leads to the \
      next alternative of a `first of`.
      """)

  @Argument(help: "A runbook of the runbooks directory, or a path that ends in .runbook.")
  var name: String
  @Option(help: ArgumentHelp("tree, dot, mermaid or svg.", valueName: "format"))
  var format: GraphFormat = .tree
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A file to write instead of standard output.", valueName: "file"))
  var output: String?
  @OptionGroup var place: RunbookOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let (directory, path) = try RunbookDirectory.find(name, in: place.directory)
    let graph = PlanGraph(try directory.load(path).plan)
    let text: String
    switch format {
    case .tree: text = graph.tree.rendered(output == nil ? common.style : .plain)
    case .dot: text = graph.dot
    case .mermaid: text = graph.mermaid
    case .svg: text = try drawn(graph.dot)
    }
    if let output {
      try TextFile.write(text, to: output)
    } else {
      Output.standard.write(text)
    }
    return .done
  }

  private func drawn(_ text: String) throws(CommandError) -> String {
    let help = "`--format dot` or `--format mermaid` give it to a program elsewhere"
    do throws(Program.Failure) {
      let done = try Program.run("dot", ["-Tsvg"], input: Array(text.utf8), seconds: 60)
      guard done.exitStatus == 0 else { throw .reason("dot: " + Printable.text(done.errors)) }
      return String(decoding: done.output, as: UTF8.self)
    } catch {
      switch error {
      case .notInstalled:
        throw .usage(
          "an SVG is drawn by Graphviz's dot, which is not installed here",
          help: "install the package graphviz, or " + help)
      case .late: throw .usage("dot has not drawn the graph within a minute", help: help)
      case .reason(let reason): throw .usage("the graph can't be drawn: \(reason)", help: help)
      }
    }
  }
}
