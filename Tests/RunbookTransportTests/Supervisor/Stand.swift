import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Synchronization
import Testing

@testable import RunbookTransport

/// The shells that the supervisor has to run under.
enum Flavour: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case dash, bash, busybox

  var shell: String {
    switch self {
    case .dash: "/bin/dash"
    case .bash: "/bin/bash"
    case .busybox: "/bin/busybox ash"
    }
  }
  var testDescription: String { rawValue }
}

/// A place for supervisors: a home of its own, removed at the end with every link closed.
///
/// Needs the packages dash, bash and busybox (`apt-get install busybox`).
final class Stand: Sendable {
  let flavour: Flavour
  let home: String
  private let open = Mutex<[(SupervisedTransport, Station)]>([])

  private init(_ flavour: Flavour) throws {
    self.flavour = flavour
    let temporary = NSTemporaryDirectory().hasSuffix("/") ? "" : "/"
    home = NSTemporaryDirectory() + temporary + "reprise-stand-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
      atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  static func run(_ flavour: Flavour, _ body: (Stand) async throws -> Void) async throws {
    let stand = try Stand(flavour)
    do {
      try await body(stand)
    } catch {
      await stand.tearDown()
      throw error
    }
    await stand.tearDown()
  }

  /// Directory of the run's state for the host.
  func directory(host: String = "h") -> String { "\(home)/state/reprise/r/\(host)" }

  func connect(
    epoch: Int = 1, host: String = "h", environment: [String: String] = [:],
    login: [String]? = nil, timing: LinkTiming = LinkTiming()
  ) async throws -> Station {
    var variables = ["HOME": home, "XDG_STATE_HOME": home + "/state"]
    variables.merge(environment) { $1 }
    let dialer = LocalDialer(
      shell: login ?? flavour.shell.split(separator: " ").map(String.init), environment: variables)
    let transport = SupervisedTransport(dialer: dialer, shell: flavour.shell, timing: timing)
    let reports = Reports()
    do {
      let (link, facts) = try await transport.connect(
        to: nil,
        greeting: Greeting(run: "r", hostName: host, epoch: epoch, isResumed: false),
        receive: { reports.take($0) })
      let station = Station(link: link, facts: facts, reports: reports)
      open.withLock { $0.append((transport, station)) }
      return station
    } catch {
      await transport.shutDown()
      throw error
    }
  }

  func path(_ name: String) -> String { "\(home)/\(name)" }

  func text(_ name: String) -> String? {
    (try? Data(contentsOf: URL(fileURLWithPath: path(name)))).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  func write(_ name: String, _ text: String = "") throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  private func tearDown() async {
    for (transport, station) in open.withLock({ $0 }) {
      await station.link.close()
      await transport.shutDown()
    }
    try? FileManager.default.removeItem(atPath: home)
  }
}

/// One link under test.
struct Station: Sendable {
  let link: any HostLink
  let facts: HostFacts
  let reports: Reports

  struct Ended: Sendable {
    var end: ExchangeEnd
    var hasOutput: Bool
    var hasLog: Bool
  }

  func send(
    _ key: String, _ items: [Exchange.Item], _ environment: [String: String] = [:],
    user: String? = nil
  ) {
    link.send(
      .exchange(Exchange(key: key, items: items, environment: environment, user: user)))
  }

  /// Starts an exchange and waits for its end.
  func exchange(
    _ key: String, _ items: [Exchange.Item], _ environment: [String: String] = [:],
    user: String? = nil, within limit: Duration = .seconds(30)
  ) async throws -> Ended {
    send(key, items, environment, user: user)
    return try await ended(key, within: limit)
  }

  /// The status of an action without probes, and what it printed.
  func run(
    _ code: String, key: String = "k", _ environment: [String: String] = [:]
  ) async throws -> (status: Int?, output: String, error: String) {
    let ended = try await exchange(
      key, [.action(Exchange.Script(text: code), timeout: nil)], environment)
    let (output, error) = try await streams(key)
    return (
      ended.end.status, String(decoding: output, as: UTF8.self),
      String(decoding: error, as: UTF8.self)
    )
  }

  func ended(_ key: String, within limit: Duration = .seconds(30)) async throws -> Ended {
    try await reports.next("the end of \(key)", limit) { report in
      switch report {
      case .ended(key, let end, let output, let log):
        return Ended(end: end, hasOutput: output, hasLog: log)
      case .notStarted(key, let reason):
        return Ended(
          end: ExchangeEnd(verdict: .notStarted(reason)), hasOutput: false, hasLog: false)
      default: return nil
      }
    }
  }

  func look(_ look: Look, within limit: Duration = .seconds(30)) async throws -> Sighting {
    link.send(.look(look))
    return try await reports.next("a look at \(look.key)", limit) { report in
      if case .looked(let sighting) = report, sighting.key == look.key { sighting } else { nil }
    }
  }

  func look(_ key: String) async throws -> Sighting {
    try await look(Look(key: key, asksAlive: true))
  }

  /// Looks again and again until `condition`, at most 20 s.
  func look(_ key: String, until condition: (Sighting) -> Bool) async throws -> Sighting {
    let end = ContinuousClock.now + .seconds(20)
    while true {
      let sighting = try await look(key)
      if condition(sighting) { return sighting }
      guard ContinuousClock.now < end else {
        throw TestFailure("never seen of \(key): \(sighting)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Everything an attempt wrote, pulled in pieces of `limit`.
  func streams(
    _ key: String, limit: Int = 131_072
  ) async throws -> (output: [UInt8], error: [UInt8]) {
    var output: [UInt8] = []
    var error: [UInt8] = []
    while true {
      let sighting = try await look(
        Look(key: key, outputOffset: output.count, errorOffset: error.count, limit: limit))
      output += sighting.output
      error += sighting.error
      guard sighting.outputSize > output.count || sighting.errorSize > error.count else {
        return (output, error)
      }
      if sighting.output.isEmpty && sighting.error.isEmpty {
        throw TestFailure("a look brings nothing: \(sighting)")
      }
    }
  }

  func answers(_ key: String) async throws -> [ProbeAnswer] {
    try await look(Look(key: key)).answers
  }
}

/// The reports of a link; a test waits for the one it needs, with a bound.
final class Reports: Sendable {
  private struct State: Sendable {
    var all: [HostReport] = []
    var waiters: [Int: @Sendable (HostReport) -> Bool] = [:]
    var expiries: [Int: @Sendable () -> Void] = [:]
    var number = 0
  }
  private let state = Mutex(State())

  var all: [HostReport] { state.withLock { $0.all } }

  func take(_ report: HostReport) {
    state.withLock { state in
      for (number, waiter) in state.waiters.sorted(by: { $0.key < $1.key }) where waiter(report) {
        state.waiters[number] = nil
        state.expiries[number] = nil
        return
      }
      state.all.append(report)
    }
  }

  /// The first report that `match` takes; it is taken away.
  func next<Value: Sendable>(
    _ what: String, _ limit: Duration = .seconds(30),
    _ match: @escaping @Sendable (HostReport) -> Value?
  ) async throws -> Value {
    let value: Value? = await withCheckedContinuation { continuation in
      let number: Int? = state.withLock { state in
        for (index, report) in state.all.enumerated() {
          guard let value = match(report) else { continue }
          state.all.remove(at: index)
          continuation.resume(returning: value)
          return nil
        }
        state.number += 1
        state.waiters[state.number] = { report in
          guard let value = match(report) else { return false }
          continuation.resume(returning: value)
          return true
        }
        state.expiries[state.number] = { continuation.resume(returning: nil) }
        return state.number
      }
      guard let number else { return }
      Task.detached {
        try? await Task.sleep(for: limit)
        let expire = self.state.withLock { state in
          state.waiters[number] = nil
          return state.expiries.removeValue(forKey: number)
        }
        expire?()
      }
    }
    guard let value else { throw TestFailure("\(what) was not reported; instead \(all)") }
    return value
  }

  func lost(_ limit: Duration = .seconds(30)) async throws -> String {
    try await next("the loss of the link", limit) { report in
      if case .lost(let reason) = report { reason } else { nil }
    }
  }
}

extension Exchange.Item {
  static func run(_ code: String, timeout: Int? = nil) -> Exchange.Item {
    .action(Exchange.Script(text: code), timeout: timeout)
  }

  static func ask(
    _ stage: ProbeStage, _ code: String, _ index: Int = 0, says: String? = nil,
    isNegated: Bool = false, limit: Int = 20_000
  ) -> Exchange.Item {
    .probe(
      Exchange.Probe(
        stage: stage, index: index, script: Exchange.Script(text: code), says: says,
        isNegated: isNegated, limit: limit))
  }
}
