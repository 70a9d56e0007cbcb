extension Form {
  /// What a site shares, who decides, and what is undone or ended afterwards.
  static let runs: [Form] = [
    Form(
      name: "site, lock without on, step when", after: ["a.*": "told\n", "b.*": "x\n"],
      files: [
        "runbooks/site.runbook": """
        input word = "told"
        hosts first is "h1"
        lock "a form of the site's $word"
        shell `tell() { echo "$1"; }`
        """
      ],
      body: """
        step a on first { run `tell "$word" >> "$marks/a.$host"` no rollback "a test" }
        step never on all when word != "told" { run `\(count("never"))` no rollback "a test" }
        \(step("b"))
        """),
    Form(
      name: "a confirm that waits, resume --approve", after: ["a.*": "x\n", "b.*": "x\n"],
      flags: [], then: Next(stoppedWith: 75, words: ["resume", "form", "--approve", "ask"]),
      body: """
        \(step("a"))
        step ask { confirm "Go on with $all?" }
        \(step("b"))
        """),
    Form(
      name: "reprise rollback", before: ["file.*": "was\n"],
      after: ["file.*": "was\n", "a.*": "x\n", "undone-a.*": "x\n", "kept.*": "x\n"],
      then: Next(stoppedWith: 0, words: ["rollback", "form"]),
      body: """
        \(undoable("a"))
        step file on all { write "$marks/file.$host" { content "new\\n" } }
        \(step("kept"))
        """),
    Form(
      name: "reprise cancel", after: ["a.*": "x\n"],
      flags: [], then: Next(stoppedWith: 75, words: ["cancel", "form"]),
      body: """
        lock "a test of $marks" on all
        \(step("a"))
        step ask { confirm "Go on with $all?" }
        \(step("never"))
        """),
    Form(
      name: "secrets from file and command", after: ["a.*": "first-one second-one\n"],
      files: ["runbooks/kept.env": "OTHER=x\nKEY='first-one'\n", "runbooks/kept": "second-one\n"],
      body: """
        secret one from file "kept.env" key "KEY"
        secret two from command `cat runbooks/kept`
        step a on all { run `echo "$one $two" >> "$marks/a.$host"` no rollback "a test" }
        """),
    Form(
      name: "tcp, http", after: ["a.*": "x\n"],
      body: step(
        "a",
        """
        check tcp "$host_address:$host_port" within 5s
        check not http "http://$host_address:1/" within 5s
        """)),
  ]

  /// What fails within a block, and what that block does about it.
  static let failuresWithin: [Form] = [
    Form(
      name: "first of: the first succeeds", after: ["a.*": "x\n", "b.*": "x\n"],
      body: """
        first of {
          phase one { \(undoable("a")) }
          phase two { \(step("never")) }
        }
        \(step("b"))
        """),
    Form(
      name: "rolling: the batch that fails is rolled back", hosts: 3, status: 1,
      after: [
        "a.h1": "x\n", "a.h2": "x\n", "undone-a.h2": "x\n", "b.h1": "x\n", "b.h2": "x\n",
      ],
      body: """
        rolling all by 1 {
          on failure rollback
          \(undoable("a"))
          step b on all { run `\(count("b")); test "$host" != h2` no rollback "a test" }
        }
        """),
    Form(
      name: "a part is rolled back, what follows goes on", status: 1,
      after: ["a.*": "x\n", "undone-a.*": "x\n", "f.*": "x\n", "b.*": "x\n"],
      files: [
        "runbooks/parts/changing.runbook": """
        part changing(marks, group: hosts) {
          on failure rollback
          \(undoable("a").replacing("on all", with: "on group"))
          step f on group { run `\(count("f")); exit 3` no rollback "a test" }
        }
        """
      ],
      body: """
        on failure continue
        use changing(marks, group: all)
        use changing(marks, group: all) as never when marks == ""
        \(step("b"))
        """),
    Form(
      name: "parallel: one branch fails, all is rolled back", hosts: 2, status: 1,
      after: ["b.*": "x\n", "undone-b.*": "x\n", "f.*": "x\n"],
      body: """
        on failure rollback
        parallel {
          \(undoable("b"))
          step f on all { run `\(count("f")); test "$host" = h1` no rollback "a test" }
        }
        \(step("never"))
        """),
    Form(
      name: "first of: an alternative that continues, one that is undone by itself",
      after: [
        "f.*": "x\n", "a.*": "x\n", "undone-a.*": "x\n", "b.*": "x\n", "undone-b.*": "x\n",
        "g.*": "x\n", "c.*": "x\n",
      ],
      body: """
        first of {
          phase one {
            on failure continue
            step f on all { run `\(count("f")); exit 1` no rollback "a test" }
            \(undoable("a"))
          }
          phase two {
            on failure rollback
            \(undoable("b"))
            step g on all { run `\(count("g")); exit 1` no rollback "a test" }
          }
          phase three { \(step("c")) }
        }
        """),
  ]
}
