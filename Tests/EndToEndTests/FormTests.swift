import Foundation
import RunbookTestSupport
import Testing

/// Each form of the language, killed with `kill -9` after each of its events and resumed.
/// `REPRISE_FORM=retry` chooses the forms whose name begins so.
@Suite("Each form, killed at each of its events")
struct FormTests {
  static let selected = Form.all.filter {
    $0.name.hasPrefix(ProcessInfo.processInfo.environment["REPRISE_FORM"] ?? "")
  }

  // Four at a time: a form has a quarter of the machine.
  @Test(.timeLimit(.minutes(10)), arguments: selected)
  func endsAsIfNothingHadHappened(_ form: Form) async throws {
    try await Site.run(hosts: form.hosts) { site in
      for (path, text) in form.files { try site.write(path, text) }
      try site.writeRunbook("form", form.body)
      try prepare(site, form)
      try await carryOut(site, form, "undisturbed")
      let events = try await site.events(site.newestRun())
      let length = events.count
      #expect(length > 5)
      // What a run does before another command follows dies in other forms.
      let taken = events.lastIndex { $0["event"] as? String == "ownerTook" } ?? 0

      for event in (form.then == nil ? 1 : taken + 1)..<length {
        try prepare(site, form)
        let deaths = try await carryOut(
          site, form, "killed after event \(event)", state: "state\(event)", crashAfter: event)
        // Reports of checks that are asked again and again come together or one by one.
        #expect(deaths == 1 || event > length - 3, "event \(event)")
      }
    }
  }

  /// Types the form's commands; after the death of one that which goes on. Returns how many died.
  @discardableResult
  private func carryOut(
    _ site: Site, _ form: Form, _ when: String, state: String = "state",
    crashAfter event: Int? = nil
  ) async throws -> Int {
    var deaths = 0
    func type(_ words: [String], orElse recovery: [String], expecting status: Int) async throws {
      var ended = try await site.start(
        words, state: state, crashAfter: event, environment: form.environment
      ).wait()
      if ended.status == 128 + 9 {
        deaths += 1
        ended = try await site.start(recovery, state: state, environment: form.environment).wait()
      }
      // Killed at its very end it had nothing left to do.
      let isOver = deaths > 0 && ended.errorText.contains("was rolled back completely")
      #expect(ended.status == status || isOver, "\(when): \(ended.text) \(ended.errorText)")
    }
    try await type(
      ["run", "form"] + form.flags, orElse: ["resume", "form"] + form.flags + form.resuming,
      expecting: form.then?.stoppedWith ?? form.status)
    if let next = form.then {
      try await type(next.words, orElse: next.words, expecting: form.status)
    }
    try expectAfter(site, form, when)
    return deaths
  }

  private func prepare(_ site: Site, _ form: Form) throws {
    try site.clearMarks()
    for (path, text) in expand(form.before, site.hosts) { try site.write("marks/" + path, text) }
  }

  private func expectAfter(_ site: Site, _ form: Form, _ when: String) throws {
    let wanted = expand(form.after, site.hosts)
    // A report holds times: what counts is that its section is there once. What `write` keeps for
    // a rollback stands beside its file, named by the run.
    let found = site.tree.filter { !$0.key.contains(".reprise-") }.mapValues { text in
      let sections = text.components(separatedBy: "<!-- reprise: begin ")
      return sections.count == 1 ? text : "\(sections[0])\(sections.count - 1) section\n"
    }
    #expect(found == wanted, "\(when)")
  }

  private func expand(_ files: [String: String], _ hosts: [String]) -> [String: String] {
    var all: [String: String] = [:]
    for (path, text) in files {
      for host in path.contains("*") ? hosts : [""] {
        all[path.replacingOccurrences(of: "*", with: host)] =
          text.replacingOccurrences(of: "*", with: host)
      }
    }
    return all
  }
}
