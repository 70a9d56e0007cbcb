import RunbookCore
import RunbookEngine

/// Frames as the lines that a supervisor's loop evaluates.
///
/// One for each link: loop and runner keep the values of exchanges exported and their code in files,
/// so only what changed since the last exchange is sent. It knows which exchange the runner is at:
/// the loop can't ask without waiting.
struct SupervisorEncoder {
  /// Why a frame was not made: what is wrong with it is known without asking the host.
  struct Refusal: Error, Hashable {
    var key: String
    var reason: String
  }

  /// A process's environment takes 128 KiB for one string (Linux); 96 leave room for its name.
  static let valueLimit = 96 << 10
  /// All values together: a quarter of the stack limit is what Linux gives to a new program.
  static let environmentLimit = 1 << 20

  /// Code that the host keeps for a link; then it is sent anew.
  private static let codeLimit = 1000

  /// A frame for the runner has to fit into its pipe, or the loop would wait for it.
  private static let runnerLimit = 32 << 10

  private var exported: [String: [UInt8]] = [:]
  private var exportedInRunner: [String: [UInt8]] = [:]
  private var runnerKey: String?
  private var codes: [String: Int] = [:]
  private var codeCount = 0

  /// What the host says of exchanges that it was sent.
  mutating func note(_ report: HostReport) {
    switch report {
    case .ended(let key, let end, _, _):
      release(key)
      // The host may have had no space for code that it was sent.
      if case .notStarted = end.verdict { codes = [:] }
    case .notStarted(let key, _):
      release(key)
      codes = [:]
    case .looked(let sighting):
      if sighting.end != nil { release(sighting.key) }
    case .pong, .stale, .lost: break
    }
  }

  private mutating func release(_ key: String) {
    if key == runnerKey { runnerKey = nil }
  }

  mutating func encode(_ frame: HostFrame) throws(Refusal) -> [UInt8] {
    switch frame {
    case .exchange(let exchange): try encode(exchange)
    case .look(let look):
      line(
        "_l", try name(look.key), look.outputOffset, look.errorOffset, look.logOffset, look.limit,
        look.asksAlive ? 1 : 0, look.key == runnerKey ? 1 : 0)
    case .cancel(let key, let grace): Array("_c \(try name(key)) \(grace)\n".utf8)
    case .discard(let keys):
      keys.isEmpty ? [] : Array("_d \(try names(keys))\n".utf8)
    case .punch(let key, let stream, let offset):
      Array("_h \(try name(key)).\(stream == .output ? "o" : "e") \(offset)\n".utf8)
    case .farewell: Array("_b\n".utf8)
    case .ping(let number): Array("_p \(number)\n".utf8)
    }
  }

  /// Ends the loop.
  static let leave = Array("_x\n".utf8)

  private mutating func encode(_ exchange: Exchange) throws(Refusal) -> [UInt8] {
    let key = try name(exchange.key)
    var values: [String: [UInt8]] = [:]
    for (name, value) in exchange.environment { values[name] = Array(value.utf8) }
    try check(values, exchange)
    for script in exchange.scripts { try check(script.secrets, exchange) }
    if exchange.scripts.contains(where: { $0.text.utf8.contains(0) }) {
      throw Refusal(key: exchange.key, reason: "its code holds a NUL byte")
    }

    // The loop's own shell would obey PATH or IFS: such names are set for the scripts alone.
    let kept = exchange.user == nil ? values.filter { Self.isKept($0.key) } : [:]
    let others = values.filter { kept[$0.key] == nil }
    let code = exchange.user == nil ? newCode(exchange.scripts) : []
    var coder = ItemCoder(user: exchange.user, values: others, codes: codes)
    var items = exchange.items.flatMap { coder.encode($0) }
    if !exchange.beginsWithAction { items = "_w&&".utf8 + items }
    let export = delta(kept, from: [exported, exportedInRunner])
    let isForRunner =
      runnerKey == nil && export.count + code.count + items.count < Self.runnerLimit
    var line = isForRunner ? export : delta(kept, from: [exported])
    exported = kept
    if isForRunner {
      exportedInRunner = kept
      runnerKey = exchange.key
    }
    line += code
    line += "_r \(key) \(isForRunner ? "1" : "''") ".utf8
    line += ShellWord.quote(exchange.user ?? "")
    line += "&&".utf8
    line += items
    line += "_e\n".utf8
    return line
  }

  /// Files for the code that this link has not sent yet.
  private mutating func newCode(_ scripts: [Exchange.Script]) -> [UInt8] {
    if codes.count >= Self.codeLimit { codes = [:] }
    var line: [UInt8] = []
    for script in scripts where codes[script.text] == nil {
      codeCount += 1
      codes[script.text] = codeCount
      line += "_t \(codeCount) ".utf8
      line += ShellWord.quote(script.text)
      line += ";".utf8
    }
    return line
  }

  /// Brings the exported values of one or two shells to `values`.
  private func delta(
    _ values: [String: [UInt8]], from olds: [[String: [UInt8]]]
  ) -> [UInt8] {
    var line: [UInt8] = []
    let gone = Set(olds.flatMap(\.keys)).filter { values[$0] == nil }.sorted()
    if !gone.isEmpty { line += "unset \(gone.joined(separator: " "));".utf8 }
    let changed = values.filter { name, value in olds.contains { $0[name] != value } }
    if !changed.isEmpty {
      line += ShellWord.export(changed)
      line += ";".utf8
    }
    return line
  }

  private func check(_ values: [String: [UInt8]], _ exchange: Exchange) throws(Refusal) {
    var total = 0
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      total += name.utf8.count + value.count + 2
      let problem: String? =
        if !ShellWord.isName(name) || name.hasPrefix("_") {
          "“\(name)” can't be the name of a value"
        } else if value.contains(0) {
          "the value “\(name)” holds a NUL byte, which no environment can"
        } else if value.count > Self.valueLimit {
          "the value “\(name)” has \(value.count) bytes; an environment takes \(Self.valueLimit)"
        } else if total > Self.environmentLimit {
          "its values have more than \(Self.environmentLimit) bytes together"
        } else {
          nil
        }
      if let problem { throw Refusal(key: exchange.key, reason: problem) }
    }
  }

  private func line(_ verb: String, _ key: String, _ numbers: Int...) -> [UInt8] {
    Array(([verb, key] + numbers.map(String.init)).joined(separator: " ").utf8) + [10]
  }

  private static func isKept(_ name: String) -> Bool {
    name.utf8.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= $0 } ?? false
  }

  private func name(_ key: String) throws(Refusal) -> String {
    guard let name = StateName.encode(key) else {
      throw Refusal(key: key, reason: "its key is too long for a file name")
    }
    return name
  }

  private func names(_ keys: [String]) throws(Refusal) -> String {
    var names: [String] = []
    for key in keys { names.append(try name(key)) }
    return names.joined(separator: " ")
  }
}

extension Exchange {
  /// Nothing of ours is written before the claim then.
  fileprivate var beginsWithAction: Bool {
    if case .action? = items.first { true } else { false }
  }

  fileprivate var scripts: [Script] {
    items.map { item in
      switch item {
      case .probe(let probe): probe.script
      case .action(let script, _): script
      }
    }
  }
}
