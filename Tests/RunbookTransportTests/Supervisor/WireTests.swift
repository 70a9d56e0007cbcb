import Foundation
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

@Suite("The wire between engine and supervisor")
struct WireTests {
  @Test("names of any kind survive the way to a file name and back")
  func names() {
    let all = [
      "a", "1.2", "-x", "a/b", "..", ".", "a b", "é", "a=b", "_", "a_b", "A-9", "%*?[", "\n",
    ]
    let encoded = all.compactMap(StateName.encode)
    #expect(encoded.count == all.count)
    #expect(Set(encoded).count == all.count)
    #expect(encoded.map(StateName.decode) == all)
    for name in encoded {
      #expect(!name.hasPrefix("-") && !name.hasPrefix("."))
      #expect(
        name.utf8.allSatisfy {
          ShellWord.isDigit($0) || ShellWord.isLetter($0) || "=_-".utf8.contains($0)
        })
    }
    #expect(StateName.encode("") == nil)
    #expect(StateName.encode(String(repeating: "é", count: 100)) == nil)
    #expect(StateName.decode("=zz") == nil)
    #expect(StateName.decode("=4") == nil)
  }

  @Test("frames are single lines, and only what changed is sent again")
  func frames() throws {
    var encoder = SupervisorEncoder()
    func text(_ frame: HostFrame) throws -> String {
      String(decoding: try encoder.encode(frame), as: UTF8.self)
    }
    let exchange = Exchange(
      key: "1.1", items: [.run("echo 'a'\necho b", timeout: 5000)],
      environment: ["x": "1", "y": "2"])
    let first = try text(.exchange(exchange))
    #expect(
      first
        == #"export x='1' y='2';_t 1 'echo '\''a'\'''"$_n"'echo b';_r 1_1 1 ''&&_a 5000 1&&_e"#
        + "\n")
    var next = exchange
    next.key = "2.1"
    next.environment = ["x": "3"]
    next.items.insert(.ask(.require, "true", says: "it"), at: 0)
    #expect(
      try text(.exchange(next))
        == "unset y;export x='3';_t 2 'true';_r 2_1 '' ''&&_w&&_q r 0 20000 0 'it' 2&&_a 5000 1&&_e\n"
    )
    #expect(
      try text(
        .look(
          Look(key: "a", outputOffset: 1, errorOffset: 2, logOffset: 3, limit: 4, asksAlive: true)))
        == "_l a 1 2 3 4 1 0\n")
    #expect(try text(.look(Look(key: "1.1", limit: 4))) == "_l 1_1 0 0 0 4 0 1\n")
    encoder.note(
      .ended(key: "1.1", ExchangeEnd(verdict: .complete), hasOutput: false, hasLog: false))
    #expect(try text(.look(Look(key: "1.1", limit: 4))) == "_l 1_1 0 0 0 4 0 0\n")
    // Only the loop has had the values of the last one.
    next.key = "3.1"
    #expect(try text(.exchange(next)).hasPrefix("unset y;export x='3';_r 3_1 1 ''&&"))
    #expect(try text(.cancel(key: "a", graceSeconds: 9)) == "_c a 9\n")
    #expect(try text(.discard(keys: ["a", "b.c"])) == "_d a b_c\n")
    #expect(try text(.discard(keys: [])) == "")
    #expect(try text(.punch(key: "a", stream: .error, offset: 7)) == "_h a.e 7\n")
    #expect(try text(.farewell) == "_b\n")
    #expect(try text(.ping(3)) == "_p 3\n")
  }

  @Test("values of an exchange behind sudo travel in one line to its standard input")
  func behindSudo() throws {
    var encoder = SupervisorEncoder()
    let exchange = Exchange(
      key: "k", items: [.run("id")], environment: ["x": "1"], user: "postgres")
    let line = String(decoding: try encoder.encode(.exchange(exchange)), as: UTF8.self)
    #expect(line.hasPrefix("_r k 1 'postgres'&&_yo='"))
    #expect(line.hasSuffix("'&&_a 0 0&&_e\n"))
    #expect(line.filter { $0 == "\n" }.count == 1)
    #expect(!line.contains("_t "))
  }

  @Test("answers may come in any pieces", arguments: [1, 2, 3, 7, 64, 100_000])
  func pieces(_ size: Int) throws {
    var stream = Array(
      "Welcome\nN H not ours\r\nprompt> \nN G\nN H boot dir 2\nN C 1_1\nN R\nN P -4\n".utf8)
    stream += "N L k boot p 1 0 5 0 0 8 3 40 3 3 0 E a 0 7 0 1 8 3 0 \n".utf8
    stream += [1, 10, 78]
    stream += "\nN.\n".utf8
    stream += "abc".utf8
    stream += "\nN.\n".utf8
    stream += "N X k the state directory is gone\nN S 0000000000000000007\nN Q\n".utf8
    var decoder = SupervisorDecoder(nonce: "N")
    var messages: [SupervisorDecoder.Message] = []
    for start in stride(from: 0, to: stream.count, by: size) {
      messages += try decoder.takeOutput(Array(stream[start..<min(start + size, stream.count)]))
    }
    var sighting = Sighting(key: "k", bootID: "boot", claim: .present)
    sighting.wrapperIsAlive = true
    sighting.actionIsAlive = false
    sighting.outputSize = 8
    sighting.errorSize = 3
    sighting.logSize = 0
    sighting.output = [1, 10, 78]
    sighting.error = Array("abc".utf8)
    sighting.end = ExchangeEnd(
      verdict: .actionFailed, status: 7, cancelled: true, outputSize: 8, errorSize: 3)
    sighting.actionStatus = 7
    #expect(
      messages == [
        .ready(HostFacts(bootID: "boot", directoryID: "dir", freeBytes: 2048, claims: ["1.1"])),
        .report(.pong(-4)), .report(.looked(sighting)),
        .report(.notStarted(key: "k", "the state directory is gone")),
        .report(.stale(knownEpoch: 7)), .goodbye,
      ])
    #expect(decoder.lastWords.contains("prompt>"))
  }

  @Test("announcements stand between the words of shells")
  func announcements() {
    var decoder = SupervisorDecoder(nonce: "N")
    let text =
      "sh: 1: Killed\nN E 1_1 c 0 0 0 0 10 0 5 \nN E bad\nM E 1_1 c 0 0 0 0 0 0 0 \nN E b n 0 - 0 0 0 0 0 no space\nN E u n 0 - 0 0 - - - x\n"
    let messages = decoder.takeErrors(Array(text.utf8))
    #expect(
      messages == [
        .report(
          .ended(
            key: "1.1", ExchangeEnd(verdict: .complete, status: 0, outputSize: 10, logSize: 5),
            hasOutput: true, hasLog: true)),
        .report(
          .ended(
            key: "b", ExchangeEnd(verdict: .notStarted("no space")), hasOutput: false, hasLog: false
          )),
        .report(
          .ended(
            key: "u", ExchangeEnd(verdict: .notStarted("x")), hasOutput: true, hasLog: true)),
      ])
    #expect(decoder.lastWords.contains("Killed"))
  }

  @Test("what waits for its end is bounded")
  func bounds() throws {
    var banner = SupervisorDecoder(nonce: "N")
    #expect(throws: SupervisorDecoder.Violation.self) {
      for _ in 0..<70_000 { _ = try banner.takeOutput([10]) }
    }
    var line = SupervisorDecoder(nonce: "N")
    _ = try line.takeOutput(Array("N G\n".utf8))
    #expect(throws: SupervisorDecoder.Violation.self) {
      for _ in 0..<9000 { _ = try line.takeOutput([78]) }
    }
    var foreign = SupervisorDecoder(nonce: "N")
    #expect(throws: SupervisorDecoder.Violation.self) {
      _ = try foreign.takeOutput(Array("N G\nhello\n".utf8))
    }
    var errors = SupervisorDecoder(nonce: "N")
    for _ in 0..<1000 { _ = errors.takeErrors([UInt8](repeating: 65, count: 1000)) }
    #expect(errors.noise.count < 20_000)
  }

  @Test("a torn record in the log is passed over, an incomplete one waits")
  func log() {
    let whole = Array("=R c 1 h 0 0 2 1 0 30 \nabX\n.\n".utf8)
    let answer = ProbeAnswer(
      stage: .check, index: 1, answer: .holds, status: 0, text: [97, 98], errorText: [88],
      duration: 30)
    #expect(AnswerLog.read(whole).answers == [answer])
    #expect(AnswerLog.read(whole + whole).length == whole.count * 2)
    for count in 0..<whole.count {
      let (answers, length) = AnswerLog.read(whole + whole.prefix(count))
      #expect(answers == [answer] && length == whole.count)
      if count > 0 {
        let torn = Array(whole.prefix(count)) + [10] + whole
        let after = AnswerLog.read(torn)
        #expect(after.answers.last == answer && after.length == torn.count, "\(count)")
      }
    }
  }

  @Test("the program is what shellcheck and the tests read, without comments and indentation")
  func program() {
    let text = String(decoding: SupervisorProgram.text, as: UTF8.self)
    #expect(
      text.split(separator: "\n").allSatisfy {
        !$0.hasPrefix(" ") && !$0.hasPrefix("#") && $0 != "."
      })
    #expect(text.utf8.count < 13_000)
    #expect(!SupervisorProgram.command().contains("\n"))
  }

  @Test(
    "shellcheck has nothing to say",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/shellcheck")))
  func shellcheck() async throws {
    let directory = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for program in [PackageResources.supervisor_sh, PackageResources.bring_sh] {
      let path = directory + "/program.sh"
      try Data(program).write(to: URL(fileURLWithPath: path))
      try await SpawnedProcess.run("/usr/bin/shellcheck", ["-s", "sh", path], log: "/dev/null")
    }
    // What is sent is still a program: stripping must not have broken a word.
    let sent = directory + "/sent.sh"
    try Data(SupervisorProgram.text).write(to: URL(fileURLWithPath: sent))
    for flavour in Flavour.allCases {
      let words = flavour.shell.split(separator: " ").map(String.init)
      try await SpawnedProcess.run(words[0], words.dropFirst() + ["-n", sent], log: "/dev/null")
    }
  }
}
