// How long compiling takes, by the number of steps.
//
//     swift run -c release bench-language [plain | every] [STEPS…]
//     swift run -c release bench-language write [plain | every] STEPS > generated.runbook
//
// The median of nine runs over a generated runbook, in processor time of this one thread, which other
// work on the machine does not change much; linear means that the last column stays the same. Of the
// two runbooks the plain one has steps of three forms, the other one has every form of the language.
import Foundation
import LanguageFuzzing
import RunbookLanguage

let words = CommandLine.arguments.dropFirst()
let given = words.compactMap { Int($0) }
let sizes = given.isEmpty ? [1_000, 3_000, 10_000, 30_000, 100_000] : given
if words.contains("write") {
  let steps = sizes[0]
  print(words.contains("every") ? everyForm(steps) : RunbookGenerator.plainRunbook(steps: steps))
} else {
  print("runbook      steps       size   compile   format   compile per 1,000 steps")
  for steps in sizes {
    if !words.contains("every") {
      measure("plain", steps, RunbookGenerator.plainRunbook(steps: steps))
    }
    if !words.contains("plain") { measure("every form", steps, everyForm(steps)) }
  }
}

func everyForm(_ steps: Int) -> String {
  var generator = RunbookGenerator(seed: 7)
  return generator.runbook(steps: steps)
}

func measure(_ kind: String, _ steps: Int, _ text: String) {
  let file = SourceFile(name: "generated.runbook", text: text)
  let compile = median {
    let result = Compiler.compile(file: file)
    if result.hasErrors {
      fatalError(DiagnosticRenderer.render(Array(result.diagnostics.prefix(3))))
    }
  }
  let format = median { precondition(Formatter.format(file).text != nil) }
  let columns = [
    kind, pad("\(steps)", 18 - kind.count), pad("\(file.bytes.count / 1024) KiB", 11),
    pad("\(shown(compile)) ms", 10), pad("\(shown(format)) ms", 9),
    pad("\(shown(compile * 1000 / Double(steps))) ms", 10),
  ]
  print(columns.joined())
}

func median(_ body: () -> Void) -> Double {
  let times = (0..<9).map { _ in
    let start = clock()
    body()
    return Double(clock() - start) / Double(CLOCKS_PER_SEC) * 1000
  }
  return times.sorted()[4]
}

func shown(_ milliseconds: Double) -> String {
  let tenths = Int((milliseconds * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

func pad(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
