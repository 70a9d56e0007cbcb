import RunbookCore
import Testing

@testable import RunbookLanguage

@Suite struct CodeTests {
  private func compile(_ body: String) throws -> Step {
    let text = "runbook r {\n  step a {\n\(body)\n  no rollback \"x\"\n  }\n}\n"
    let result = Compiler.compile(file: SourceFile(name: "r.runbook", text: text))
    let plan = try #require(result.plan, "\(DiagnosticRenderer.render(result.diagnostics))")
    guard case .step(let step)? = plan.body.first else { throw Missing() }
    return step
  }
  private struct Missing: Error {}

  private func code(_ body: String) throws -> Code {
    guard case .run(let code)? = try compile(body).action else { throw Missing() }
    return code
  }

  @Test func fencesLoseTheirCommonIndentationAndNothingElse() throws {
    #expect(
      try code("run ```\n    one\n\n      two \\\\ \"$HOME\"\n    three\n  ```").text
        == "one\n\n  two \\\\ \"$HOME\"\nthree")
    #expect(try code("run ```\r\n\tone\r\n\t\ttwo\r\n```").text == "one\n\ttwo")
    #expect(try code("run ```\n\tone\n  two\n```").text == "\tone\n  two")
    #expect(try code("run ` echo  'x' `").text == " echo  'x' ")
  }

  @Test func aFirstLineSaysWhatRunsTheCode() throws {
    let python = try code("run ```\n  #!/usr/bin/env -S python3 -u\n  print(1)\n```")
    #expect(python.interpreter == "/usr/bin/env -S python3 -u")
    #expect(!python.isShell)
    let bash = try code("run ```\n  #!/bin/bash -e\n  echo\n```")
    #expect(bash.interpreter == "/bin/bash -e")
    #expect(bash.isShell)
    #expect(try code("run `true`").interpreter == nil)
  }

  @Test func checksReadAsOneLine() throws {
    let step = try compile(
      """
      check `findmnt  -no FSTYPE /data` says "xfs" within 5s else "mount it"
      check not ```
        first
        second
      ```
      check tcp   "db:5432"
      check http "http://x/" is 204
      check 1 <  2
      run `true`
      """)
    #expect(
      step.checks.map(\.text) == [
        "findmnt -no FSTYPE /data says \"xfs\"", "not first …", "tcp \"db:5432\"",
        "http \"http://x/\" is 204", "1 < 2",
      ])
  }

  @Test(arguments: [
    ("echo $a ${b} ${c:-1} ${d+x} ${#e} ${f%.*} '$g' \\$h", ["a", "b", "e", "f"]),
    ("echo \"$(echo $a \"$(echo $b)\")\" `echo $c`", ["a", "b", "c"]),
    ("cat <<E\n$a\nE\ncat <<'E'\n$b\nE\ncat <<-E\n\t$c\n\tE\necho $d", ["a", "c", "d"]),
    ("echo ${a:-${b}} \"${c:-it's $d}\" # $e", ["b", "d"]),
    ("echo $(( $a + b )) $'$c' \"'$d'\"", ["a", "d"]),
    ("case $a in $b) echo $c;; *) echo $d;; esac; echo $e", ["a", "b", "c", "d", "e"]),
    ("echo $1 $@ $? $$ ${1:-$a}", ["a"]),
  ])
  func shellReads(_ text: String, _ names: [String]) {
    #expect(ShellCode(text).reads.map(\.name) == names)
  }

  @Test(arguments: [
    ("a=1 b+=2; c[1]=3", ["a", "b", "c"]),
    ("for a in x; do read -r b c; done", ["a", "b", "c"]),
    ("export a=1 b; local -r c=2; readonly d", ["a", "b", "c", "d"]),
    ("read -p prompt -a a; mapfile -t b; printf -v c %s x; getopts ab d", ["a", "b", "c", "d"]),
    (": \"${a:=1}\" ${b=2} $((c += 1)); a=(x y); ((d++))", ["a", "b", "c", "a", "d"]),
    ("while IFS= read -r a; do :; done", ["IFS", "a"]),
    ("dd if=/dev/zero of=x; echo y=1", []),
  ])
  func shellAssigns(_ text: String, _ names: [String]) {
    #expect(ShellCode(text).assigned == names)
  }

  /// Any end is an end: also one amid a `case`, a substitution or a here-document.
  @Test(arguments: [
    "export `case $a in b) echo $c ;; (d|e) f ;; esac`",
    "local x=\"$(case $a in b) c ;;& *) d ;; esac)\" y",
    "readonly `cat <<-E <<'F'\n\t$a\n\tE\n$b\nF\n`",
    "printf -v a \"${b:-$(c `d`)}\" $'e\\'f' ${#g} ${h%'i'}",
    "declare -A a=([b]=$((c[1] += 2 ** d)) \\\n `((e++))`)",
    "read -r a < <(f() ( g ); function h { ! i | j && k; })",
  ])
  func shellIsCutOff(_ code: String) {
    let bytes = Array(code.utf8)
    for end in 0...bytes.count {
      for ending in ["", "\n", " ", "\\", "'", "\"", "`", "$(", "${", "((", "#"] {
        let text = String(decoding: bytes[..<end], as: UTF8.self) + ending
        let found = ShellCode(text, wantsCommands: true)
        let offsets = found.reads.map(\.offset) + found.commands.map(\.offset)
        #expect(offsets.allSatisfy { $0 < text.utf8.count })
      }
    }
  }
}
