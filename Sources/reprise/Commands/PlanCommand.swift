import ArgumentParser
import Glibc
import RunbookCore
import RunbookEngine
import RunbookLanguage
import RunbookReport
import RunbookTransport

/// `reprise plan NAME`
struct PlanCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "What a run would do, host by host; nothing is changed.",
    discussion: """
      reprise plan precheck --inventory runbooks/servers.tsv
      reprise plan hello --json | jq 'select(.verdict == "wouldRun")'

      Every host that has a task is connected to, and asked what only looks: `require`, `unless`, and the checks of steps without an \
      action. What depends on a step that would run first is said to be unknown, never guessed. \
      Ends with 1 where a run would stop at a check that does not hold now, and with 69 where a host \
      can't be reached.
      """)

  @Flag(help: "One JSON object a task (docs/json.md).") var json = false
  @OptionGroup var chosen: ChosenRunbook
  @OptionGroup(visibility: .hidden) var driving: DrivingOptions
  @OptionGroup(visibility: .hidden) var consent: ConsentOptions
  @OptionGroup var common: CommonOptions

  @MainActor func execute() async throws(CommandError) -> ExitStatus {
    let (loaded, binding) = try chosen.load(common.errorStyle)
    let clock = SystemClock()
    let transport = SessionTransport(
      remote: SupervisedTransport(
        dialer: chosen.hosts.transport.dialer(options: chosen.hosts.ssh) {
          Output.error.write(Printable.text($0) + "\n")
        }), local: SupervisedTransport(dialer: LocalDialer()))
    let directory = Path.absolute(Path.directory(of: loaded.plan.origin.file))
    let forecaster = Forecaster(
      loaded.plan, binding, name: "plan-\(clock.now().milliseconds)-\(getpid())",
      directory: directory, transport: transport, clock: clock,
      secrets: SecretReading(directory: directory), files: LocalFileReading())
    let forecast: Forecast
    do throws(SecretProblem) {
      forecast = try await forecaster.forecast()
    } catch {
      await transport.shutDown()
      throw .secret(error)
    }
    await transport.shutDown()
    let text = ForecastText(
      plan: loaded.plan, binding: binding, forecast.shown,
      away: forecast.unreachable.map { ($0, $1.reason, $1.remedy) })
    if json {
      for line in text.json { Output.standard.write(line + "\n") }
    } else {
      Output.standard.write(text.lines.rendered(common.style))
    }
    if !forecast.unreachable.isEmpty { return .unreachable }
    return forecast.stop == nil ? .done : .failed
  }
}

extension Forecast {
  /// What of it the tables of `RunbookReport` show.
  fileprivate var shown: [ForecastRow] {
    items.map { item in
      let verdict: ForecastRow.Verdict =
        switch item.verdict {
        case .wouldRun: .wouldRun
        case .wouldAsk: .wouldAsk
        case .satisfied(let index): .satisfied(index)
        case .holds: .holds
        case .leftOut: .leftOut
        case .stops(let stage, let index, let answer): .stops(stage, index, answer)
        case .cannot(let reason): .cannot(reason)
        case .unknown(.after(let step)): .unknown("before \(step) has run")
        case .unknown(.output(let name, let step)):
          .unknown("before \(step) has run, which gives \(name)")
        case .unknown(.blocked(let step)): .unknown("as the run would stop at \(step) first")
        case .unknown(.alternative): .unknown("unless the alternatives before it fail")
        case .noAnswer(let reason): .noAnswer(reason)
        }
      return ForecastRow(
        task: item.task, verdict: verdict, found: item.found, isTakenOver: item.isTakenOver)
    }
  }
}
