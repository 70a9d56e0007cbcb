import RunbookCore

/// A graph as text that people or drawing programs read.
extension PlanGraph {
  /// Indented, in reading order, for a screen.
  package var tree: [Line] {
    [Line(title, .strong)] + boxes.flatMap { tree($0, indent: 2) }
  }

  private func tree(_ box: Box, indent: Int) -> [Line] {
    var line = Line(String(repeating: " ", count: indent))
    line.append(box.title, box.isStep ? nil : .strong)
    let after = box.after.isEmpty ? [] : ["after " + box.after.joined(separator: ", ")]
    let details = (box.detail.isEmpty ? [] : [box.detail]) + after
    if !details.isEmpty {
      line.pad(to: 30, gap: 2)
      line.append(details.joined(separator: " · "), .quiet)
    }
    return [line] + box.children.flatMap { tree($0, indent: indent + 2) }
  }

  /// For Graphviz.
  package var dot: String {
    var text = "digraph runbook {\n"
    text += "  label=\(quoted(title)); labelloc=t; compound=true; fontname=\"sans-serif\";\n"
    text += "  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n"
    text += "  edge [arrowsize=0.7];\n"
    for box in boxes { text += dot(box, indent: "  ") }
    for edge in edges {
      text += "  n\(edge.from) -> n\(edge.to)"
      text += edge.isAlternative ? " [style=dashed, label=\"if it fails\", fontsize=9];\n" : ";\n"
    }
    return text + "}\n"
  }

  private func dot(_ box: Box, indent: String) -> String {
    let label = box.detail.isEmpty ? box.title : box.title + "\n" + box.detail
    if box.isStep { return "\(indent)n\(box.id) [label=\(quoted(label))];\n" }
    return "\(indent)subgraph cluster\(box.id) {\n"
      + "\(indent)  label=\(quoted(label)); labeljust=l; fontsize=10; style=\"rounded,dashed\";\n"
      + box.children.map { dot($0, indent: indent + "  ") }.joined() + "\(indent)}\n"
  }

  private func quoted(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      Printable.text(line).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
    return "\"" + lines.joined(separator: "\\n") + "\""
  }

  /// For what draws Mermaid: wikis, code hosts.
  package var mermaid: String {
    var text = "flowchart TD\n"
    for box in boxes { text += mermaid(box, indent: "  ") }
    for edge in edges {
      text += "  n\(edge.from) \(edge.isAlternative ? "-. if it fails .->" : "-->") n\(edge.to)\n"
    }
    return text
  }

  private func mermaid(_ box: Box, indent: String) -> String {
    let title = entities(box.title)
    let label = box.detail.isEmpty ? title : title + "<br>" + entities(box.detail)
    if box.isStep { return "\(indent)n\(box.id)[\"\(label)\"]\n" }
    return "\(indent)subgraph s\(box.id)[\"\(label)\"]\n"
      + box.children.map { mermaid($0, indent: indent + "  ") }.joined() + "\(indent)end\n"
  }

  private func entities(_ text: String) -> String {
    Printable.text(text).map { character in
      switch character {
      case "\"": "#quot;"
      case "<": "#lt;"
      case ">": "#gt;"
      case "&": "#amp;"
      case "#": "#35;"
      case "`": "#96;"
      default: String(character)
      }
    }.joined()
  }
}
