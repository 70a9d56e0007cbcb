import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise gc`
struct GcCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove what ended runs left on their hosts.",
    discussion: """
      reprise gc --dry-run       what would be removed, host by host
      reprise gc

      Every host that a run of the state knows is visited, and this machine. The state directory of \
      a run that is done or rolled back is removed. Kept are those of runs that can still be \
      resumed, and those of runs that this state does not know: they belong to another one. Files \
      that a stash moved aside are kept too: see `reprise stash`.
      """)

  static let onlyTells = false

  @Flag(help: "Only tell.") var dryRun = false
  @Flag(help: "One JSON object a directory (docs/json.md).") var json = false
  @OptionGroup var hosts: HostOptions
  @OptionGroup(visibility: .hidden) var driving: DrivingOptions
  @OptionGroup(visibility: .hidden) var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    let all = try await runs.all(limit: .max)
    let known = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
    var bindings: [Binding] = []
    do throws(JournalError) {
      for run in all { bindings += try await runs.history.bindings(of: run.id) }
    } catch {
      throw .journal(error)
    }
    let visits = HostVisits(
      hosts: try await reaching(all, runs), common: common, purpose: "gc")
    var isTold = false
    let status = await visits.forEach(HostVisits.places(of: bindings)) {
      (place, host) throws(TransportError) in
      let found = try await Leftovers.directories(host)
      let ended = found.filter { known[$0.path].map { $0.isOver && $0.owner == nil } ?? false }
      let kept = found.filter { entry in !ended.contains(entry) && known[entry.path] != nil }
      let foreign = found.filter { known[$0.path] == nil && !$0.path.hasPrefix("gc-") }
      if !dryRun, !ended.isEmpty { try await Leftovers.remove(ended.map(\.path), host) }
      write(place?.name, ended, dryRun ? "would remove" : "removed", .done)
      write(place?.name, kept, "kept, can be resumed:", .toCome)
      write(place?.name, foreign, "kept, of no run of this state:", .toCome)
      if !(ended + kept + foreign).isEmpty { isTold = true }
    }
    if !isTold, status == .done, !json {
      Output.standard.write("Nothing is left of runs: neither here nor on their hosts.\n")
    }
    return status
  }

  /// As the newest run reaches its hosts, where nothing else is given.
  @MainActor private func reaching(
    _ all: [RunSummary], _ runs: StoredRuns
  ) async throws(CommandError) -> HostOptions {
    guard let newest = all.first(where: { $0.hostCount > 0 }) else { return hosts }
    do throws(JournalError) {
      let first = try await runs.history.facts(of: newest.id, limit: 1).first?.fact.event
      guard case .runStarted(let run)? = first else { return hosts }
      return hosts.completed(by: run.connection)
    } catch {
      throw .journal(error)
    }
  }

  @MainActor private func write(
    _ host: String?, _ entries: [Leftovers.Entry], _ what: String, _ shown: ShownState
  ) {
    guard !entries.isEmpty else { return }
    if json {
      for entry in entries {
        var object = JSONObject()
        object["host"] = host.map { .string($0) }
        object["directory"] = .string(entry.path)
        object["bytes"] = .int(entry.bytes)
        object["removable"] = .bool(shown == .done)
        object["removed"] = .bool(shown == .done && !dryRun)
        Output.standard.write(object.text + "\n")
      }
      return
    }
    var line = Line()
    line.append(shown.glyph)
    line.append(" " + Words.host(host), .strong)
    line.append(
      "  \(what) \(Words.list(entries.map(\.path), most: 8)) "
        + "(\(Words.size(entries.reduce(0) { $0 + $1.bytes })))")
    Output.standard.write([line].rendered(common.style))
  }
}
