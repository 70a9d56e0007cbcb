import RunbookCore
import RunbookReport
import Testing

@Suite struct TextTests {
  @Test func showsControlCharactersInsteadOfObeyingThem() {
    let hostile = "\u{1B}[2J\u{1B}]0;title\u{7}ok\r\n\u{9B}31m\u{202E}txt\u{0}"
    #expect(Printable.text(hostile) == "^[[2J^[]0;title^Gok^M^J<9B>31m<202E>txt^@")
  }

  @Test func keepsAccentsAndReplacesWhatIsNoUTF8() {
    #expect(Printable.text(bytes: Array("réussi".utf8) + [0xFF]) == "réussi\u{FFFD}")
  }

  @Test func cutsAtTheWidthOfTheScreen() {
    var line = Line("réinstallation ", .strong)
    line.append("日本語の説明")
    #expect(line.width == 27)
    #expect(line.rendered(.plain, width: 27) == "réinstallation 日本語の説明")
    #expect(line.rendered(.plain, width: 20) == "réinstallation 日本…")
    #expect(line.rendered(.plain, width: 5) == "réin…")
  }

  @Test func hasAnASCIISetForOtherLocales() {
    let style = Style(isUnicode: false, isColored: false)
    var signs = Line()
    for state in ShownState.allCases { signs.append(state.glyph) }
    #expect(signs.rendered(style) == "+=>)?!x<-.")
    #expect(Line("É \u{9B} – réussi…").rendered(style) == "E <9B> - reussi~")
  }

  @Test func givesEveryStateItsOwnSign() {
    #expect(Set(ShownState.allCases.map(\.glyph.sign)).count == ShownState.allCases.count)
  }

  @Test func neverColoursWithoutBeingAsked() {
    var line = Line()
    line.append(ShownState.failed.glyph)
    #expect(line.rendered(.plain) == "✗")
    #expect(line.rendered(Style(isUnicode: true, isColored: true)) == "\u{1B}[31m✗\u{1B}[0m")
  }

  @Test(arguments: [
    (0, "0ms"), (99, "99ms"), (100, "0.1s"), (3149, "3.1s"), (9949, "9.9s"), (9950, "10s"),
    (12_400, "12s"), (99_400, "99s"), (125_000, "2m 05s"), (3_840_000, "1h 04m"),
    (183_600_000, "2d 3h"), (-5, "0ms"),
  ])
  func writesDurations(_ milliseconds: Int, _ expected: String) {
    #expect(DurationText.of(milliseconds) == expected)
  }

  @Test func writesTimesOfDayInTheZoneOfTheReader() {
    let clock = ClockText { _ in 3_600_000 }
    let time = Timestamp(milliseconds: 1_700_000_000_000)
    #expect(clock.dateAndTime(time) == "2023-11-14 23:13:20")
    #expect(time.rfc3339 == "2023-11-14T22:13:20.000Z")
  }

  @Test func quotesWordsThatAShellWouldTakeApart() {
    let commands = Commands(stateFlags: ["--state", "it's here"])
    #expect(commands.show("7f3c") == #"reprise show 7f3c --state 'it'\''s here'"#)
  }

  @Test func escapesJSON() {
    var json = JSONObject()
    json["text"] = .string("a\"b\\c\n\u{1}é")
    json["none"] = nil
    json["list"] = .array([.int(1), .bool(true)])
    #expect(json.text == #"{"text":"a\"b\\c\n\u0001é","list":[1,true]}"#)
  }
}
