import ArgumentParser
import RunbookCore
import RunbookEngine
import RunbookJournal
import RunbookReport

/// `reprise stash [RUN]`
struct StashCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "stash", abstract: "The files that runs moved aside, and where they are.",
    discussion: """
      reprise stash                   of every run
      reprise stash 7f3c
      reprise stash 7f3c --purge      remove them for good; `rollback` can't bring them back then

      `reprise rollback RUN` moves them back where they came from. `--purge` asks first; without a \
      terminal it takes `--yes`.
      """)

  static let onlyTells = false

  @Argument(help: "A run's id, the beginning of one, or a runbook's name.") var run: String?
  @Flag(help: "Remove the files of that run for good.") var purge = false
  @Flag(help: "One JSON object a place (docs/json.md).") var json = false
  @OptionGroup var hosts: HostOptions
  @OptionGroup(visibility: .hidden) var driving: DrivingOptions
  @OptionGroup var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let runs = try await StoredRuns.open(common.state)
    var chosen: [RunSummary]
    if let run {
      chosen = [try await runs.find(run)]
    } else {
      chosen = try await runs.all(limit: .max)
    }
    if purge {
      try mayPurge(chosen)
      if try await runs.state(of: chosen[0].id).stashed.isEmpty {
        if !json { Output.standard.write("Run \(chosen[0].id) has no files moved aside.\n") }
        return .done
      }
      if let stop = agree(to: chosen[0].id) { return stop }
    }
    var status = ExitStatus.done
    var count = 0
    for summary in chosen {
      let state = try await runs.state(of: summary.id)
      let tasks = Dictionary(grouping: state.stashed) { $0.host }
      guard !tasks.isEmpty else { continue }
      let places = tasks.keys.sorted { ($0 ?? "") < ($1 ?? "") }
        .map { name in name.flatMap { state.binding.host($0) } }
      let visits = HostVisits(
        hosts: hosts.completed(by: state.description?.connection ?? []), common: common,
        purpose: "stash")
      let visited = await visits.forEach(places) { (place, host) throws(TransportError) in
        for id in tasks[place?.name] ?? [] {
          let entries = try await Leftovers.stash(of: id, state, host)
          if purge, !entries.isEmpty {
            _ = try await Leftovers.stash(of: id, state, host, purges: true)
          }
          for entry in entries {
            count += 1
            write(summary.id, id, entry)
          }
        }
      }
      if visited != .done { status = visited }
    }
    if count == 0, status == .done, !json {
      let who = run == nil ? "No run" : "Run \(chosen.first?.id ?? "")"
      Output.standard.write("\(who) has \(run == nil ? "" : "no ")files moved aside.\n")
    }
    return status
  }

  /// What is removed can't come back: the run is named, and nobody is at work on it.
  private func mayPurge(_ chosen: [RunSummary]) throws(CommandError) {
    guard run != nil, let summary = chosen.first else {
      throw .usage("--purge takes a run", help: "name one: `reprise stash RUN --purge`")
    }
    if let owner = summary.owner {
      throw .journal(.owned(run: summary.id, process: owner.process, isStopped: owner.isStopped))
    }
    guard summary.isOver else {
      throw .usage(
        "run \(summary.id) is not over: it may need the files again",
        help: "end it with `\(common.commands.resume(summary.id))` or "
          + "`\(common.commands.rollback(summary.id))` first")
    }
  }

  /// Asks before anything is removed for good. Returns how the command ends where nothing is.
  @MainActor private func agree(to run: String) -> ExitStatus? {
    if consent.confirmsAll { return nil }
    guard Terminal.isAttended else {
      let command = common.commands.purge(run)
      let lines = Line("Nothing was removed. To remove them for good:  ").ending(with: command)
      let (output, style): (Output, Style) =
        json ? (.error, common.errorStyle) : (.standard, common.style)
      output.write(lines.rendered(style))
      return .stopped
    }
    Output.standard.write("Remove what run \(run) moved aside, for good? [y/n] ")
    let answer = readLine()?.lowercased().filter { !$0.isWhitespace } ?? ""
    if answer == "y" || answer == "yes" { return nil }
    Output.standard.write("Nothing was removed.\n")
    return .stopped
  }

  @MainActor private func write(_ run: String, _ id: TaskID, _ entry: Leftovers.Entry) {
    if json {
      var object = JSONObject()
      object["run"] = .string(run)
      object["step"] = .string(id.step)
      object["host"] = id.host.map { .string($0) }
      object["place"] = .string(entry.path)
      object["bytes"] = .int(entry.bytes)
      object["removed"] = .bool(purge)
      Output.standard.write(object.text + "\n")
      return
    }
    var line = Line()
    line.append(purge ? ShownState.done.glyph : ShownState.toCome.glyph)
    line.append(" run \(run)  ")
    line.append(id.description, .strong)
    line.append("  \(purge ? "removed " : "")\(entry.path) (\(Words.size(entry.bytes)))")
    Output.standard.write([line].rendered(common.style))
  }
}
