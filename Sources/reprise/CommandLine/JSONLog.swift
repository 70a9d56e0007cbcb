import FoundationEssentials
import RunbookCore
import RunbookReport

/// One object for each piece of output: what stands in the objects of a stream, one after the other,
/// is what was printed, byte for byte.
struct JSONLog: LogWriter {
  let run: String
  /// Beginnings of characters that a piece ends with.
  private var open: [LogSource: [UInt8]] = [:]

  init(run: String) { self.run = run }

  mutating func write(_ bytes: [UInt8], of source: LogSource) {
    var piece = (open.removeValue(forKey: source) ?? []) + bytes
    let rest = Self.unfinished(piece)
    if rest > 0 {
      open[source] = Array(piece.suffix(rest))
      piece.removeLast(rest)
    }
    tell(piece, source)
  }

  mutating func skip(_ length: Int, _ reason: SkipReason, of source: LogSource) {
    close(source)
    var json = object(source)
    json["missingBytes"] = .int(length)
    json["reason"] = .string(reason.rawValue)
    Output.standard.write(json.text + "\n")
  }

  mutating func close(_ source: LogSource) {
    if let rest = open.removeValue(forKey: source) { tell(rest, source) }
  }

  mutating func end() {
    for source in open.keys.sorted(by: { $0.task.description < $1.task.description }) {
      close(source)
    }
  }

  private func tell(_ piece: [UInt8], _ source: LogSource) {
    guard !piece.isEmpty else { return }
    var json = object(source)
    if let text = String(validating: piece, as: UTF8.self) {
      json["text"] = .string(text)
    } else {
      json["base64"] = .string(Data(piece).base64EncodedString())
    }
    Output.standard.write(json.text + "\n")
  }

  private func object(_ source: LogSource) -> JSONObject {
    var json = JSONObject()
    json["run"] = .string(run)
    json["step"] = .string(source.task.step)
    json["host"] = source.task.host.map { .string($0) }
    if !source.task.batch.isEmpty { json["batch"] = .array(source.task.batch.map { .int($0) }) }
    json["attempt"] = .int(source.attempt.number)
    json["kind"] = .string(source.attempt.purpose == .rollback ? "rollback" : "attempt")
    json["stream"] = .string(source.stream.rawValue)
    return json
  }

  /// How many bytes at the end begin a character of UTF-8 that goes on after them.
  private static func unfinished(_ bytes: [UInt8]) -> Int {
    for (count, byte) in bytes.suffix(3).reversed().enumerated() {
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      if byte >= 0xC0 { return count + 1 < length ? count + 1 : 0 }
      if byte < 0x80 { return 0 }
    }
    return 0
  }
}
