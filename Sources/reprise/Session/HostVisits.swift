import Glibc
import RunbookCore
import RunbookEngine
import RunbookReport
import RunbookTransport

/// Hosts that are visited one after the other, outside any run, to see what runs left there.
@MainActor struct HostVisits {
  let hosts: HostOptions
  let common: CommonOptions
  /// What this is for: names the directory of the visit on each host, which goes with it.
  let purpose: String

  /// Visits each place; nil is this machine. What can't be reached is named on standard error.
  ///
  /// - Returns: `done`, or `unreachable`.
  func forEach(
    _ places: [RunbookCore.Host?],
    _ body: (RunbookCore.Host?, HostInquiry) async throws(TransportError) -> Void
  ) async -> ExitStatus {
    let transport = SessionTransport(
      remote: SupervisedTransport(
        dialer: hosts.transport.dialer(options: hosts.ssh) {
          Output.error.write(Printable.text($0) + "\n")
        }), local: SupervisedTransport(dialer: LocalDialer()))
    let clock = SystemClock()
    let name = "\(purpose)-\(clock.now().milliseconds)-\(getpid())"
    var status = ExitStatus.done
    for place in places {
      do throws(TransportError) {
        let host = try await HostInquiry.open(transport, to: place, name: name, clock: clock)
        do throws(TransportError) {
          try await body(place, host)
        } catch {
          await host.close()
          throw error
        }
        await host.close()
      } catch {
        status = .unreachable
        var line = Line()
        line.append(ShownState.failed.glyph)
        line.append(" " + Words.host(place?.name), .strong)
        line.append(": " + error.reason)
        let lines = [line] + (error.remedy.map { [Line("    do      " + $0)] } ?? [])
        Output.error.write(lines.rendered(common.errorStyle))
      }
    }
    await transport.shutDown()
    return status
  }

  /// Hosts of several runs, each account of a machine once, as the newest run knows it.
  static func places(of bindings: [Binding]) -> [RunbookCore.Host?] {
    var seen: Set<String> = []
    let all = bindings.flatMap(\.hosts).filter {
      seen.insert("\($0.user ?? "")@\($0.address):\($0.port ?? 22)").inserted
    }
    return [nil] + all
  }
}
