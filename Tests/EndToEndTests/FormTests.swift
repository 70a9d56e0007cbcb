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
      let whole = try await site.reprise("run", "form", "--yes", environment: form.environment)
      #expect(whole.status == form.status, "\(whole.text) \(whole.errorText)")
      try expectAfter(site, form, "undisturbed")
      let length = try await site.events(site.newestRun()).count
      #expect(length > 5)

      for event in 1..<length {
        try prepare(site, form)
        let state = "state\(event)"
        var ended = try await site.reprise(
          "run", "form", "--yes", state: state, crashAfter: event, environment: form.environment)
        // Reports of checks that are asked again and again come together or one by one.
        #expect(ended.status == 128 + 9 || event > length - 3, "event \(event): \(ended.text)")
        if ended.status == 128 + 9 {
          ended = try await site.start(
            ["resume", "--yes"] + form.resuming, state: state, environment: form.environment
          ).wait()
        }
        #expect(
          ended.status == form.status,
          "killed after event \(event): \(ended.text) \(ended.errorText)")
        try expectAfter(site, form, "killed after event \(event)")
      }
    }
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
