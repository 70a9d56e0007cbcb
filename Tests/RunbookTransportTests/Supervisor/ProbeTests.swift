import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("Questions under the supervisor")
struct ProbeTests {
  @Test("three answers, says and not", arguments: Flavour.allCases)
  func answers(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let cases: [(Exchange.Item, Answer)] = [
        (.ask(.output, "true"), .holds),
        (.ask(.check, "exit 1"), .doesNotHold),
        (.ask(.check, "exit 2"), .cannotTell),
        (.ask(.check, "kill -9 $$"), .cannotTell),
        (.ask(.check, "echo abc", says: "b"), .holds),
        (.ask(.check, "echo abc", says: "*"), .doesNotHold),
        (.ask(.check, "printf 'a\\nit'\\''s\\n'", says: "a\nit's"), .holds),
        (.ask(.check, "echo abc; exit 1", says: "b"), .doesNotHold),
        (.ask(.check, "echo abc; exit 7", says: "b"), .cannotTell),
        (.ask(.check, "exit 1", isNegated: true), .holds),
        (.ask(.check, "true", isNegated: true), .doesNotHold),
        (.ask(.check, "exit 2", isNegated: true), .cannotTell),
        (.ask(.check, "echo x", says: "y", isNegated: true), .holds),
      ]
      for (number, (item, expected)) in cases.enumerated() {
        let ended = try await station.exchange("\(number)", [item])
        #expect(ended.hasLog)
        #expect(
          ended.end.verdict == (expected == .holds ? .complete : .checkFailed(0)), "\(item)")
        let answers = try await station.answers("\(number)")
        #expect(answers.map(\.answer) == [expected], "\(item)")
        #expect(try await station.look("\(number)").claim == .absent)
      }
    }
  }

  @Test("what it printed comes back, bounded", arguments: Flavour.allCases)
  func text(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      _ = try await station.exchange(
        "k",
        [
          .ask(.output, "printf 'a\\000\\n\\n'; printf '=R c\\n.\\n' >&2", 4),
          .ask(.output, "head -c 70000 /dev/zero; head -c 5000 /dev/zero >&2", 5),
        ])
      let answers = try await station.answers("k")
      #expect(answers.map(\.index) == [4, 5])
      #expect(answers[0].text == [97, 0, 10, 10])
      #expect(answers[0].errorText == Array("=R c\n.\n".utf8))
      #expect(!answers[0].isTruncated)
      #expect(answers[1].text == [UInt8](repeating: 0, count: 65_536))
      #expect(answers[1].errorText.count == 4096)
      #expect(answers[1].isTruncated)
      let seen = try await station.look("k")
      #expect(seen.logOffset == seen.logSize)
      #expect(seen.end?.logSize == seen.logSize)
    }
  }

  @Test("the limit ends the question with all that it started", arguments: Flavour.allCases)
  func limit(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let ended = try await station.exchange(
        "k", [.ask(.check, "echo begin; sleep 300 & echo $! >\"$HOME/pid\"; sleep 300", limit: 300)]
      )
      #expect(ended.end.verdict == .checkFailed(0))
      let answer = try #require(try await station.answers("k").first)
      #expect(answer.answer == .cannotTell)
      #expect(answer.timedOut)
      #expect(answer.text == Array("begin\n".utf8))
      let pid = try #require(
        pid_t((stand.text("pid") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(await waitUntil(.seconds(5)) { !HostProcess.isAlive(pid) })
    }
  }

  @Test("the order of items and where an exchange ends", arguments: Flavour.allCases)
  func order(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      let act = Exchange.Item.run("echo ran >>\"$HOME/ran\"")
      func verdict(_ key: String, _ items: [Exchange.Item]) async throws -> ExchangeEnd.Verdict {
        try await station.exchange(key, items).end.verdict
      }
      #expect(
        try await verdict("1", [.ask(.require, "true"), .ask(.require, "exit 1", 1), act])
          == .requireFailed(1))
      #expect(try await verdict("2", [.ask(.require, "exit 4"), act]) == .requireFailed(0))
      #expect(
        try await verdict("3", [.ask(.unless, "exit 1"), .ask(.unless, "exit 3", 1), act])
          == .unlessCannotTell(1))
      #expect(stand.text("ran") == nil)
      #expect(
        try await verdict(
          "4",
          [
            .ask(.unless, "exit 1"), .ask(.unless, "true", 1), .ask(.unless, "exit 9", 2), act,
            .ask(.check, "exit 1"), .ask(.output, "echo out"),
          ]) == .satisfied)
      #expect(stand.text("ran") == nil)
      #expect(try await station.answers("4").map(\.stage) == [.unless, .unless, .output])
      #expect(
        try await verdict(
          "5", [act, .ask(.check, "true"), .ask(.check, "exit 1", 1), .ask(.output, "true")])
          == .checkFailed(1))
      #expect(try await verdict("6", [.run("exit 9"), .ask(.check, "true")]) == .actionFailed)
      #expect(try await station.answers("6").isEmpty)
      #expect(
        try await verdict("7", [act, .ask(.output, "true"), .ask(.output, "exit 5", 1)])
          == .outputFailed(1))
      #expect(stand.text("ran") == "ran\nran\n")
      let seen = try await station.look("5")
      #expect(seen.actionStatus == 0)
      #expect(seen.end?.verdict == .checkFailed(1))
      let never = try await station.look("1")
      #expect(never.claim == .absent)
      #expect(never.end?.verdict == .requireFailed(1))
    }
  }

  @Test(
    "the action's status is written down before its checks are asked", arguments: Flavour.allCases)
  func actionStatusFirst(_ flavour: Flavour) async throws {
    try await Stand.run(flavour) { stand in
      let station = try await stand.connect()
      try stand.write("wait")
      station.send(
        "k", [.run("true"), .ask(.check, "while [ -e \"$HOME/wait\" ]; do sleep 0.05; done")])
      let asking = try await station.look("k") { $0.actionStatus != nil }
      #expect(asking.actionStatus == 0)
      #expect(asking.end == nil)
      let wrapper = try #require(HostProcess.wrapper(stand, "k"))
      kill(wrapper, SIGKILL)
      let left = try await station.look("k") { !$0.wrapperIsAlive }
      #expect(left.actionStatus == 0)
      #expect(left.end == nil)
      #expect(left.actionIsAlive == false)
      try FileManager.default.removeItem(atPath: stand.path("wait"))
    }
  }
}

/// Processes as the kernel shows them.
enum HostProcess {
  /// A zombie is not alive.
  static func isAlive(_ pid: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return false }
    return !text[end...].dropFirst(2).hasPrefix("Z")
  }

  /// The words of the identity line.
  private static func identity(_ stand: Stand, _ file: String) -> [Substring] {
    let path = stand.directory() + "/" + file
    let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(
      separator: "\n", omittingEmptySubsequences: false)
    guard let lines, lines.count > 1 else { return [] }
    return lines[1].split(separator: " ")
  }

  /// As the claim tells it, or before there is one the wrapper's own file.
  static func wrapper(_ stand: Stand, _ name: String) -> pid_t? {
    let claim = identity(stand, name + ".c")
    if claim.count > 4 { return claim[4].split(separator: ".").first.flatMap { pid_t($0) } }
    return identity(stand, name + ".w").first.flatMap { pid_t($0) }
  }

  static func action(_ stand: Stand, _ name: String) -> pid_t? {
    identity(stand, name + ".c").first.flatMap { pid_t($0) }
  }

  /// The only child that the link's first shell keeps; that one's pid is in its files' names.
  static func loop(_ stand: Stand, epoch: Int = 1) -> pid_t? {
    let names = try? FileManager.default.contentsOfDirectory(atPath: stand.directory())
    let prefix = "run.\(EpochName.encode(epoch))."
    let shell = names?.first { $0.hasPrefix(prefix) }.flatMap { pid_t($0.dropFirst(prefix.count)) }
    return shell.flatMap { ProcessTable.children(of: $0).first(where: isAlive) }
  }
}
