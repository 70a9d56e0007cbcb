import RunbookCore

/// Renders the document of a `report` declaration.
package protocol Reporter: Sendable {
  /// The text of the report; the journal already has everything that it speaks of but the run's
  /// `last` event, where that is still to come.
  func render(_ report: ReportDeclaration, of state: RunState, last: Fact?) async -> String?
}

/// Reports: written whenever the run ends or stops, after any rollback, and never rolled back.
extension RunDriver {
  /// A host that does not answer keeps the engine from ending for at most this long.
  private static let patience = 20_000
  /// What one value of an environment can hold.
  private static let longest = 90 << 10

  func writeReports(_ end: DriveEnd, last: Fact? = nil) async {
    guard let reporter, !state.plan.reports.isEmpty, state.description != nil else { return }
    switch end {
    // Another run is at work there: this one has nothing to tell.
    case .stopped(.lockHeld), .journalFailed: return
    case .ended, .stopped: break
    }
    for report in state.plan.reports {
      guard let text = await reporter.render(report, of: state, last: last) else { continue }
      let hosts = report.group.map { state.members(of: $0, batch: []).map(Optional.some) } ?? [nil]
      for host in hosts { await write(report, text, on: host) }
    }
  }

  private func write(_ report: ReportDeclaration, _ text: String, on host: String?) async {
    let path =
      state.plan.environments.isEmpty
      ? "" : state.text(report.path, for: TaskID("", host: host), environment: 0)
    let place = host ?? "this machine"
    guard let link = await reportLink(host) else {
      return observe(.notice("the report \(path) was not written: \(place) can't be reached"))
    }
    questionCount += 1
    let key = "r\(state.epoch).\(questionCount)"
    link.send(
      .exchange(
        Exchange(
          key: key,
          items: [
            .probe(
              Exchange.Probe(
                stage: .require, index: 0, script: ActionScript.report, limit: Self.patience))
          ],
          environment: [
            "reprise_report_path": path, "reprise_report_section": report.section ?? "",
            "reprise_report": shortened(vault.redactor.redact(text)),
          ])))
    let end = await answer(to: key, from: host)
    observe(
      .notice(
        end?.verdict == .complete
          ? "the report is \(path) on \(place)"
          : "the report \(path) was not written on \(place): "
            + reason(end?.verdict)))
  }

  private func reason(_ verdict: ExchangeEnd.Verdict?) -> String {
    switch verdict {
    case nil: "no answer"
    case .notStarted(let reason)?: reason
    case _?: "nothing can be written there"
    }
  }

  /// How the exchange ended; nil when the host does not answer in time.
  private func answer(to key: String, from host: String?) async -> ExchangeEnd? {
    let deadline = clock.now() + Self.patience
    let (clock, mailbox) = (clock, mailbox)
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await clock.sleep(until: deadline)
        mailbox.put(.timer(nil))
      }
      defer { group.cancelAll() }
      while clock.now() < deadline {
        for input in await mailbox.takeAll() {
          if case .report(let from, _, .ended(key, let end, _, _)) = input, from == host {
            return end
          }
        }
      }
      return nil
    }
  }

  /// The run's link to the host, or one made for the report.
  private func reportLink(_ host: String?) async -> (any HostLink)? {
    if let link = links[host] { return link.link }
    let greeting = nextGreeting(host)
    let number = linkCount
    let mailbox = mailbox
    do throws(TransportError) {
      let made = try await transport.connect(
        to: host.flatMap { state.binding.host($0) }, greeting: greeting
      ) { mailbox.put(.report(host: host, link: number, $0)) }
      links[host] = Link(link: made.link, number: number, directoryID: made.facts.directoryID)
      return made.link
    } catch {
      return nil
    }
  }

  private func shortened(_ text: String) -> String {
    guard text.utf8.count > Self.longest else { return text }
    let head = String(decoding: text.utf8.prefix(Self.longest), as: UTF8.self)
    return head + "\n\n[…] `reprise report \(state.description?.id ?? "")`\n"
  }
}
