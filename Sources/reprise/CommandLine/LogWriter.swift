import RunbookCore
import RunbookReport

/// One of the two streams of an attempt.
struct LogSource: Hashable {
  var task: TaskID
  var attempt: Attempt
  var stream: OutputStream
}

/// Where `logs` writes what actions printed.
protocol LogWriter {
  mutating func write(_ bytes: [UInt8], of source: LogSource)
  /// So many bytes were printed and are not in the journal.
  mutating func skip(_ length: Int, _ reason: SkipReason, of source: LogSource)
  /// The action is over: a last line without a line end will get none.
  mutating func close(_ source: LogSource)
  mutating func end()
}

/// One task, byte for byte on the same two streams. On a terminal control characters are shown.
struct TaskLog: LogWriter {
  mutating func write(_ bytes: [UInt8], of source: LogSource) {
    let output = source.stream == .output ? Output.standard : Output.error
    guard Terminal.isTerminal(output) else { return output.write(bytes) }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    output.write(lines.map { Printable.text(bytes: $0) }.joined(separator: "\n"))
  }

  mutating func skip(_ length: Int, _ reason: SkipReason, of source: LogSource) {
    let name = source.stream == .output ? "standard output" : "standard error"
    Output.error.write("[\(length) bytes of \(name) are missing here: \(reason.remark)]\n")
  }

  mutating func close(_ source: LogSource) {}
  mutating func end() {}
}

extension SkipReason {
  fileprivate var remark: String {
    switch self {
    case .limit: "more was printed than --output-limit keeps"
    case .secretChanged: "withheld, as a secret has changed since they were printed"
    }
  }
}

/// Many tasks: each line with its task before it.
struct PrefixedLog: LogWriter {
  let style: Style
  /// Beginnings of lines that have not ended yet.
  private var open: [LogSource: [UInt8]] = [:]
  /// A line longer than this is broken.
  private static let longest = 16 << 10

  init(style: Style) { self.style = style }

  mutating func write(_ bytes: [UInt8], of source: LogSource) {
    var lines = ((open[source] ?? []) + bytes).split(
      separator: 0x0A, omittingEmptySubsequences: false)
    let rest = lines.removeLast()
    for line in lines { write(line, source) }
    if rest.count > Self.longest {
      write(rest, source)
      open[source] = nil
    } else {
      open[source] = rest.isEmpty ? nil : Array(rest)
    }
  }

  mutating func skip(_ length: Int, _ reason: SkipReason, of source: LogSource) {
    if let line = open.removeValue(forKey: source) { write(line[...], source) }
    write(Array("[\(length) bytes are missing here: \(reason.remark)]".utf8)[...], source)
  }

  mutating func close(_ source: LogSource) {
    if let line = open.removeValue(forKey: source) { write(line[...], source) }
  }

  mutating func end() {
    for source in open.keys.sorted(by: { $0.task.description < $1.task.description }) {
      close(source)
    }
  }

  private func write(_ line: ArraySlice<UInt8>, _ source: LogSource) {
    var shown = Line(source.task.description + (source.stream == .error ? " ! " : " | "), .quiet)
    shown.append(Printable.text(bytes: line))
    Output.standard.write([shown].rendered(style))
  }
}
