// Millions of broken runbooks through lexer, parser, checker, renderer and formatter.
//
//     swift run -c release fuzz-language [--count N] [--seed N] [--only N]
//
// Input N of a seed is always the same: a failure prints the command that makes it again. An input
// that takes more than 10 s, or memory that grows beyond 1 GB of address space, is a failure.
import Foundation
import LanguageFuzzing

nonisolated(unsafe) var current = 0
nonisolated(unsafe) var seed = 1

func option(_ name: String) -> Int? {
  guard let index = CommandLine.arguments.firstIndex(of: name) else { return nil }
  return CommandLine.arguments.dropFirst(index + 1).first.flatMap { Int($0) }
}

/// The one command that makes the input at hand again.
func reproduction() -> String {
  "swift run -c release fuzz-language --seed \(seed) --only \(current)"
}

func fail(_ reason: String) -> Never {
  print("input \(current): \(reason)\nagain:  \(reproduction())")
  exit(1)
}

for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGALRM] {
  Foundation.signal(signal) { number in
    fail(number == SIGALRM ? "takes more than 10 s" : "crashes with signal \(number)")
  }
}

/// Kilobytes of memory at the highest point.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss
}

var space = rlimit(rlim_cur: 1 << 30, rlim_max: 1 << 30)
guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0 else {
  fail("no limit of memory: \(String(cString: strerror(errno)))")
}
seed = option("--seed") ?? 1
let count = option("--count") ?? 1_000_000
let fixtures = URL(filePath: FileManager.default.currentDirectoryPath)
  .appending(path: "Tests/RunbookLanguageTests/Fixtures")
var (seeds, parts) = Corpus.read(fixtures.path)
if seeds.isEmpty {
  let words = "no runbooks in \(fixtures.path): run it in the root of the checkout\n"
  FileHandle.standardError.write(Data(words.utf8))
  exit(2)
}
for seed in 0..<8 {
  var generator = RunbookGenerator(seed: UInt64(seed))
  seeds.append(generator.runbook(steps: 3 + seed * 2))
}
let probe = LanguageProbe(parts: parts)
let start = Date()
var bytes = 0
for number in option("--only").map({ $0..<$0 + 1 }) ?? 0..<count {
  current = number
  alarm(10)
  var mutator = RunbookMutator(
    seed: UInt64(seed) &* 1_000_003 &+ UInt64(number), seeds: seeds)
  let input = mutator.input()
  bytes += input.count
  if option("--only") != nil { print(String(decoding: input, as: UTF8.self)) }
  do {
    try probe.check(input)
  } catch {
    fail("\(error)")
  }
  if number % 50_000 == 49_999 {
    print("\(number + 1) inputs, \(Int(Date().timeIntervalSince(start))) s")
    fflush(nil)
  }
}
let seconds = Date().timeIntervalSince(start)
print(
  "\(option("--only") == nil ? count : 1) inputs of \(bytes / 1_000_000) MB in \(Int(seconds)) s, "
    + "seed \(seed), no crash, no hang, at most \(peakMemory() / 1024) MB")
