import RunbookCore
import RunbookReport

/// Where `logs` writes what actions printed.
protocol LogWriter {
  mutating func write(_ bytes: [UInt8], of task: TaskID, _ stream: OutputStream)
  /// So many bytes were printed and are not in the journal.
  mutating func skip(_ length: Int, _ reason: SkipReason, of task: TaskID, _ stream: OutputStream)
  /// An action of the task is over: a last line without a line end will get none.
  mutating func close(_ task: TaskID)
  mutating func end()
}

/// One task, byte for byte on the same two streams. On a terminal control characters are shown.
struct TaskLog: LogWriter {
  mutating func write(_ bytes: [UInt8], of task: TaskID, _ stream: OutputStream) {
    let output = stream == .output ? Output.standard : Output.error
    guard Terminal.isTerminal(output) else { return output.write(bytes) }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    output.write(lines.map { Printable.text(bytes: $0) }.joined(separator: "\n"))
  }

  mutating func skip(
    _ length: Int, _ reason: SkipReason, of task: TaskID, _ stream: OutputStream
  ) {
    let name = stream == .output ? "standard output" : "standard error"
    Output.error.write("[\(length) bytes of \(name) are missing here: \(reason.remark)]\n")
  }

  mutating func close(_ task: TaskID) {}
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
  private struct Source: Hashable {
    var task: TaskID
    var stream: OutputStream
  }
  let style: Style
  /// Beginnings of lines that have not ended yet.
  private var open: [Source: [UInt8]] = [:]
  /// A line longer than this is broken.
  private static let longest = 16 << 10

  init(style: Style) { self.style = style }

  mutating func write(_ bytes: [UInt8], of task: TaskID, _ stream: OutputStream) {
    let source = Source(task: task, stream: stream)
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

  mutating func skip(
    _ length: Int, _ reason: SkipReason, of task: TaskID, _ stream: OutputStream
  ) {
    let source = Source(task: task, stream: stream)
    if let line = open.removeValue(forKey: source) { write(line[...], source) }
    write(Array("[\(length) bytes are missing here: \(reason.remark)]".utf8)[...], source)
  }

  mutating func close(_ task: TaskID) {
    for stream in OutputStream.allCases {
      let source = Source(task: task, stream: stream)
      if let line = open.removeValue(forKey: source) { write(line[...], source) }
    }
  }

  mutating func end() {
    for task in Set(open.keys.map(\.task)).sorted(by: { $0.description < $1.description }) {
      close(task)
    }
  }

  private func write(_ line: ArraySlice<UInt8>, _ source: Source) {
    var shown = Line(source.task.description + (source.stream == .error ? " ! " : " | "), .quiet)
    shown.append(Printable.text(bytes: line))
    Output.standard.write([shown].rendered(style))
  }
}
