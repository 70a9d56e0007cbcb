import Glibc
import Testing

/// A form of the language as a runbook that does something with it on real hosts, with what the
/// hosts hold afterwards wherever the engine was killed.
struct Form: CustomTestStringConvertible, Sendable {
  let name: String
  var hosts = 1
  /// Exit status of the last command, or of the resume after its death.
  var status = 0
  /// Files below `marks` beforehand; `*` stands for each host's name, in their text too.
  var before: [String: String] = [:]
  /// The same afterwards: nothing more, nothing less.
  let after: [String: String]
  var environment: [String: String] = [:]
  /// Other files beside the runbook, by their path.
  var files: [String: String] = [:]
  /// What `run` and `resume` are told besides.
  var flags = ["--yes"]
  /// What `resume` alone is told.
  var resuming: [String] = []
  /// What is typed once the run has ended or stopped.
  var then: Next?
  let body: String

  struct Next: Sendable {
    /// The exit status of the run before.
    let stoppedWith: Int
    let words: [String]
  }

  var testDescription: String { name }

  /// Code that leaves one more `x` in a file of the step's host: what ran twice is seen.
  static func count(_ name: String) -> String { #"echo x >> "$marks/\#(name).$host""# }

  /// A step whose action counts itself.
  static func step(_ name: String, _ more: String = "") -> String {
    "step \(name) on all { run `\(count(name))` no rollback \"a test\" \(more) }"
  }

  static let all = (blocks + failures + failuresWithin + steps + actions + runs)
    .filter { $0.name != "as" || canSudo }

  /// `sudo -n` needs no password where the tests run as root.
  private static let canSudo = getuid() == 0 && access("/usr/bin/sudo", X_OK) == 0
}

extension Form {
  /// Order, names and what a whole run has.
  static let blocks: [Form] = [
    Form(
      name: "parallel, after", hosts: 2, after: ["a.*": "x\n", "b.*": "x\n", "c.*": "x\n"],
      body: """
        parallel {
          \(step("a")) \(step("b"))
          step c on all after a, b {
            run `test -e "$marks/a.$host" && test -e "$marks/b.$host" && \(count("c"))`
            no rollback "a test"
          }
        }
        """),
    Form(
      name: "phase when, part, use", after: ["a.*": "x\n", "one.*": "x\n", "two.*": "x\n"],
      files: [
        "runbooks/parts/told.runbook": """
        part told(marks, text, group: hosts) {
          step tell on group { run `echo x >> "$marks/$text.$host"` no rollback "a test" }
        }
        """
      ],
      body: """
        input wanted = true
        phase yes when wanted { \(step("a")) }
        phase no when not wanted { \(step("b")) }
        use told(marks, text: "one", group: all)
        use told(marks, text: "two", group: all) as other
        """),
    Form(
      name: "rolling", hosts: 3,
      after: ["a.*": "x\n", "b.h1": "h1 h2\n", "b.h2": "h1 h2\n", "b.h3": "h3\n"],
      body: """
        rolling all by 2 {
          \(step("a"))
          step b on all { run `echo "$all" >> "$marks/b.$host"` no rollback "a test" }
        }
        """),
    Form(
      name: "hosts from output", hosts: 2,
      after: ["asked.h1": "x\n", "led.h2": "h2\n", "a.*": "x\n"],
      body: """
        hosts first is "h1"
        step ask on first { run `\(count("asked")); echo h2` output found no rollback "a test" }
        hosts leader in all from output found
        step lead on leader { run `echo "$leader" >> "$marks/led.$host"` no rollback "a test" }
        \(step("a"))
        """),
    Form(
      name: "first of: the second succeeds", hosts: 2,
      after: [
        "a.*": "x\n", "b.*": "x\n", "undone-a.*": "x\n", "undone-b.*": "x\n", "c.*": "x\n",
        "d.*": "x\n",
      ],
      body: """
        first of {
          phase one { \(undoable("a")) \(undoable("b", #"; test "$host" != h2"#)) }
          phase two { \(step("c")) }
          phase three { \(step("never")) }
        }
        \(step("d"))
        """),
    Form(
      name: "first of: none succeeds", status: 1,
      after: ["a.*": "x\n", "undone-a.*": "x\n", "b.*": "x\n", "undone-b.*": "x\n"],
      body: """
        first of {
          phase one { \(undoable("a", "; exit 1")) }
          phase two { \(undoable("b", "; exit 1")) }
        }
        \(step("never"))
        """),
    Form(
      name: "first of: a rollback fails", status: 1, after: ["a.*": "x\n", "b.*": "x\n"],
      body: """
        first of {
          phase one {
            step a on all { run `\(count("a"))` rollback `exit 3` }
            step b on all { run `\(count("b")); exit 1` no rollback "a test" }
          }
          phase two { \(step("never")) }
        }
        """),
    Form(
      name: "lock, lasting", hosts: 2, after: ["a.*": "x\n", "b.*": "x\n"],
      body: """
        lock "a test of $marks" on all
        \(step("a", #"check `test -e "$marks/a.$host"` lasting"#)) \(step("b"))
        """),
    Form(
      name: "lasting, drifted and ignored", hosts: 2, after: ["a.*": "x\n", "b.*": "x\n"],
      resuming: ["--ignore-drift"],
      body: """
        step there on all {
          run `echo yes > "$marks/there.$host"`
          check `test -e "$marks/there.$host"` lasting
          no rollback "a test"
        }
        \(step("a"))
        step gone on all { run `rm "$marks/there.$host"` no rollback "a test" }
        \(step("b"))
        """),
    Form(
      name: "report", before: ["report.md": "kept\n"],
      after: ["a.*": "x\n", "report.md": "kept\n\n1 section\n"],
      body: """
        report "$marks/report.md" section "results" language fr on all
        \(step("a"))
        """),
  ]

  /// An action that counts itself and whose rollback counts itself.
  static func undoable(_ name: String, _ more: String = "") -> String {
    "step \(name) on all { run `\(count(name))\(more)` rollback `\(count("undone-" + name))` }"
  }

  /// `on failure` and what is undone.
  static let failures: [Form] = [
    Form(
      name: "on failure stop", hosts: 2, status: 1, after: ["a.*": "x\n", "f.*": "x\n"],
      body: """
        \(undoable("a"))
        \(undoable("f", #"; test "$host" = h1"#))
        \(step("never"))
        """),
    Form(
      name: "on failure rollback", hosts: 2, status: 1,
      before: ["file.*": "was\n", "old.*": "old\n"],
      after: [
        "file.*": "was\n", "old.*": "old\n", "a.*": "x\n", "undone-a.*": "x\n", "f.*": "x\n",
        "only.*": "x\n", "kept.*": "x\n",
      ],
      body: """
        on failure rollback
        step a on all {
          run `\(count("a"))`
          rollback { run `\(count("undone-a"))` check `test -e "$marks/undone-a.$host"` within 5s }
        }
        step only on all { rollback `\(count("only"))` }
        step file on all { write "$marks/file.$host" { content "new\\n" mode "0600" } }
        step fresh on all { write "$marks/fresh.$host" { content `echo fresh` } }
        step aside on all { stash "$marks/old.$host" }
        \(step("kept"))
        step f on all { run `\(count("f")); exit 1` no rollback "a test" }
        """),
    Form(
      name: "a write that was refused is undone as not changed", status: 1,
      after: ["a.*": "x\n", "undone-a.*": "x\n"],
      body: """
        on failure rollback
        \(undoable("a"))
        step w on all { write "$marks" { content "x" } }
        """),
    Form(
      name: "on failure continue", hosts: 2, status: 1, after: ["f.*": "x\n", "a.*": "x\n"],
      body: """
        phase all-of-it {
          on failure continue
          step f on all { run `\(count("f")); test "$host" = h1` no rollback "a test" }
          \(step("a"))
        }
        \(step("never"))
        """),
    Form(
      name: "a phase that is rolled back", status: 1,
      after: ["a.*": "x\n", "b.*": "x\n", "undone-b.*": "x\n", "f.*": "x\n"],
      body: """
        \(undoable("a"))
        phase inner {
          on failure rollback
          \(undoable("b"))
          step f on all { run `\(count("f")); exit 3` no rollback "a test" }
        }
        """),
  ]
}
