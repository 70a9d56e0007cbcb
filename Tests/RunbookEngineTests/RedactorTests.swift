import RunbookTestSupport
import Testing

@testable import RunbookEngine

@Suite("Secrets in what hosts print")
struct RedactorTests {
  static let secrets: [[UInt8]] = [
    Array("abab".utf8), Array("p'a\"s$s\nword é".utf8), Array(repeating: 120, count: 4000),
    Array("hunter2-hunter2".utf8),
  ]

  private func redactor(_ values: [[UInt8]]) -> Redactor {
    var redactor = Redactor()
    for value in values { redactor.add(value) }
    return redactor
  }

  /// Sends `bytes` in pieces as looks bring them: what was held back comes again.
  private func stream(_ bytes: [UInt8], _ redactor: Redactor, _ choices: inout Choices) -> [UInt8] {
    var stored: [UInt8] = []
    while stored.count < bytes.count {
      let rest = bytes.count - stored.count
      let length = min(rest, Int.random(in: 1...5000, using: &choices) + 4100)
      let piece = Array(bytes[stored.count..<(stored.count + length)])
      stored += redactor.redact(piece, isFinal: length == rest)
    }
    return stored
  }

  @Test(arguments: [
    ("ssword and more", 6), ("d, and more", 1), ("sswor", 5), ("nothing of it", 0),
    ("password again", 0), ("swo", 3), ("", 0),
  ])
  func knowsWhatMayBeTheRestOfASecret(_ text: String, _ expected: Int) {
    var redactor = Redactor()
    redactor.add(Array("password".utf8))
    #expect(redactor.mayContinueMatch(Array(text.utf8)) == expected)
  }

  /// The last byte of this one is the first of its base64 form: it may begin another match.
  @Test(arguments: ["the-old-password", "aaaa"]) func noMatchIsDivided(_ secret: String) {
    let redactor = redactor([Array(secret.utf8)])
    let text = Array("first \(secret)\nsecond \(secret)\(secret)\n".utf8)
    let whole = redactor.redact(text, isFinal: true)
    for cut in 0...text.count {
      let begun = redactor.redact(Array(text[..<cut]), isFinal: false)
      let roomy = redactor.redact(text, isFinal: true, room: cut)
      #expect(roomy.count >= cut)
      for head in [begun, roomy] {
        let rest = redactor.redact(Array(text[head.count...]), isFinal: true)
        #expect(head + rest == whole, "cut at \(cut)")
      }
    }
  }

  @Test func aLongChunkIsNeverHeldBackAsAWhole() {
    let redactor = redactor([[UInt8](repeating: 97, count: 90_000)])
    let chunk = [UInt8](repeating: 97, count: 131_072)
    let masked = redactor.redact(chunk, isFinal: false)
    #expect(!masked.isEmpty && masked.allSatisfy { $0 == UInt8(ascii: "*") })
  }

  @Test func knowsTheRestOfASecretInBrokenBase64() {
    var redactor = Redactor()
    redactor.add(Array("a password that is long".utf8))
    let encoded = "YSBwYXNzd29yZCB0aGF0IGlzIGxvbmc="
    for cut in 1..<encoded.utf8.count - 4 {
      let rest = encoded.dropFirst(cut).enumerated()
        .map { $0.offset % 7 == 6 ? "\($0.element)\r\n" : "\($0.element)" }.joined()
      let count = redactor.mayContinueMatch(Array(rest.utf8))
      #expect(count >= rest.utf8.count - 4, "cut at \(cut)")
    }
  }

  @Test(arguments: 0..<40)
  func hidesThemWhateverTheSplit(seed: Int) {
    var choices = Choices(seed: UInt64(seed))
    let redactor = redactor(Self.secrets)
    var text: [UInt8] = []
    for _ in 0..<20 {
      text += (0..<Int.random(in: 0...3000, using: &choices)).map { _ in
        UInt8.random(in: 0...255, using: &choices)
      }
      text += Self.secrets.randomElement(using: &choices) ?? []
    }
    let stored = stream(text, redactor, &choices)
    #expect(stored.count == text.count)
    for secret in Self.secrets { #expect(!contains(stored, secret)) }
    let changed = zip(stored, text).filter { $0 != $1 }.count
    #expect(changed < text.count / 2 + 20 * 4000)
  }

  @Test(arguments: 0..<3) func hidesTheirBase64InEachAlignment(alignment: Int) {
    let secret = Array("correct horse battery staple".utf8)
    let text = Array("prefix".utf8.prefix(alignment)) + secret + Array(" and more".utf8)
    let encoded = Base64.core(of: text, alignment: 0)
    let stored = redactor([secret]).redact(encoded, isFinal: true)
    let core = Base64.core(of: secret, alignment: alignment)
    #expect(contains(encoded, core))
    #expect(!contains(stored, core))
  }

  @Test func hidesBase64ThatIsBrokenIntoLines() {
    let secret = Array(repeating: UInt8(ascii: "q"), count: 300)
    var lines: [UInt8] = []
    for (index, byte) in Base64.core(of: secret, alignment: 0).enumerated() {
      if index > 0, index % 76 == 0 { lines.append(10) }
      lines.append(byte)
    }
    let stored = redactor([secret]).redact(lines, isFinal: true)
    #expect(stored.allSatisfy { $0 == 10 || $0 == Redactor.mask })
    #expect(stored.count == lines.count)
  }

  @Test func masksOverlappingMatches() {
    let stored = redactor([Array("abab".utf8)]).redact(Array("xababab.".utf8), isFinal: true)
    #expect(stored == Array("x******.".utf8))
  }

  @Test func holdsBackWhatMayBeginASecret() {
    let redactor = redactor([Array("hunter2".utf8)])
    #expect(redactor.redact(Array("say hunt".utf8), isFinal: false) == Array("say ".utf8))
    #expect(redactor.redact(Array("say hunt".utf8), isFinal: true) == Array("say hunt".utf8))
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count else { return false }
    return (0...(bytes.count - part.count)).contains {
      bytes[$0] == part[0] && Array(bytes[$0..<($0 + part.count)]) == part
    }
  }
}
