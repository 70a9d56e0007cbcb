import RunbookCore

/// What runs left on a host: asked and removed outside any run, by those who tidy up.
package enum Leftovers {
  /// A directory on a host, and how much is in it.
  package struct Entry: Hashable, Sendable {
    package var path: String
    package var bytes: Int
  }

  private static let limit = 300_000

  /// The state directories of the account, by their names.
  package static func directories(
    _ host: HostInquiry
  ) async throws(TransportError) -> [Entry] {
    entries(try await ask(host, "list", ActionScript.left("reprise_list_left"), [:]))
  }

  /// - Parameter names: as `directories` gave them.
  package static func remove(
    _ names: [String], _ host: HostInquiry
  ) async throws(TransportError) {
    _ = try await ask(
      host, "remove", ActionScript.left("reprise_remove_left"),
      ["reprise_names": names.joined(separator: "\n")])
  }

  /// What the `stash` of a task moved aside and that is still there.
  package static func stash(
    of id: TaskID, _ state: RunState, _ host: HostInquiry, purges: Bool = false
  ) async throws(TransportError) -> [Entry] {
    let builder = ExchangeBuilder(state, SecretVault([], reader: nil))
    let key = state.tasks[id]?.attempts.first ?? "0"
    guard
      let exchange = builder.stash(
        of: id, key: (purges ? "purge." : "list.") + key, isPurge: purges, limit: limit)
    else { return [] }
    return entries(try await said(host, exchange))
  }

  private static func ask(
    _ host: HostInquiry, _ key: String, _ script: Exchange.Script, _ values: [String: String]
  ) async throws(TransportError) -> [UInt8] {
    try await said(
      host,
      Exchange(
        key: key,
        items: [.probe(Exchange.Probe(stage: .require, index: 0, script: script, limit: limit))],
        environment: values))
  }

  private static func said(
    _ host: HostInquiry, _ exchange: Exchange
  ) async throws(TransportError) -> [UInt8] {
    let reply = try await host.ask(exchange)
    guard reply.end.verdict == .complete, let answer = reply.answers.last else {
      let said = reply.answers.last.map { String(decoding: $0.errorText, as: UTF8.self) } ?? ""
      let why = said.split(separator: "\n").joined(separator: "; ")
      throw .unsuitable(
        "it can't be looked through" + (why.isEmpty ? "" : ": " + why),
        remedy: "look at the state directories of that account yourself")
    }
    return answer.text
  }

  private static func entries(_ text: [UInt8]) -> [Entry] {
    String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard let mark = line.lastIndex(of: "\t"), let size = Int(line[line.index(after: mark)...])
      else { return nil }
      return Entry(path: String(line[..<mark]), bytes: size << 10)
    }
  }
}

extension RunState {
  /// Tasks that moved files aside and were not undone.
  package var stashed: [TaskID] {
    tasks.values.filter { task in
      guard task.isTouched, case .stash? = index.step(task.id.step)?.action else { return false }
      if case .ended(let outcome) = task.undo { return !outcome.isGood }
      return true
    }.map(\.id).sorted { $0.description < $1.description }
  }
}
