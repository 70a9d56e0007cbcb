extension Form {
  /// What stands in a step.
  static let steps: [Form] = [
    Form(
      name: "require, unless, check, says", hosts: 2, before: ["there.h1": "yes\n"],
      after: ["there.h1": "yes\n", "there.h2": "x\n", "a.*": "x\n"],
      body: """
        step there on all {
          require not `test -e "$marks/none"` else "remove it"
          unless `test -e "$marks/there.$host"`
          run `\(count("there"))`
          check `cat "$marks/there.$host"; echo fine` says "fine" within 5s every 100ms
          no rollback "a test"
        }
        step port on all { check tcp "$host_address:$host_port" within 5s }
        \(step("a"))
        """),
    Form(
      name: "retry", after: ["a.*": "x\nx\nx\n", "b.*": "x\n"],
      body: """
        step a on all {
          run `\(count("a")); test "$(wc -l < "$marks/a.$host")" -ge 3`
          retry 4 every 20ms up to 80ms
          no rollback "a test"
        }
        \(step("b"))
        """),
    Form(
      name: "retry after a failed check", after: ["a.*": "x\nx\n"],
      body: """
        step a on all {
          run `\(count("a"))`
          check `test "$(wc -l < "$marks/a.$host")" -ge 2`
          retry 3
          no rollback "a test"
        }
        """),
    Form(
      name: "timeout", status: 1, after: ["a.*": "x\n"],
      body: """
        step a on all {
          run `\(count("a")); sleep 60; \(count("never"))`
          timeout 3s
          no rollback "a test"
        }
        \(step("never"))
        """),
    Form(
      // The first time the action and its wrapper are killed: nobody can know how far it came.
      name: "if interrupted rerun", after: ["a.*": "x\nx\n", "killed.*": "x\n", "b.*": "x\n"],
      body: """
        step a on all {
          run ```
            \(count("a"))
            test -e "$marks/killed.$host" || { \(count("killed")); kill -9 "$PPID" $$; }
          ```
          no rollback "a test"
          if interrupted rerun
        }
        \(step("b"))
        """),
    Form(
      name: "outputs", hosts: 2,
      after: ["a.*": "x\n", "own.*": "*\n", "table.h1": "h1\t3\nh2\t3\n", "when.*": "x\n"],
      body: """
        hosts first is "h1"
        step a on all { run `\(count("a")); echo "$host"` output own no rollback "a test" }
        step own on all {
          run `echo "$own" >> "$marks/own.$host"`
          output lines: int from `echo 3`
          no rollback "a test"
        }
        step table on first {
          run `echo "$lines_by_host" >> "$marks/table.$host"`
          output all_lines: int from `echo 6`
          no rollback "a test"
        }
        phase more when all_lines > 5 { \(step("when")) }
        """),
    Form(
      name: "secret", after: ["a.*": "12\n", "b.*": "x\n"],
      environment: ["FORM_TOKEN": "pa'ss\"$x éz"],
      body: """
        secret token from env "FORM_TOKEN"
        step a on all {
          run `echo "$token"; printf %s "$token" | wc -c >> "$marks/a.$host"`
          no rollback "a test"
        }
        \(step("b"))
        """),
  ]

  /// The other actions.
  static let actions: [Form] = [
    Form(
      name: "as", after: ["a.*": "nobody\n", "b.*": "x\n"],
      body: """
        step open on all { run `chmod 711 "$marks/.." && chmod 777 "$marks"` no rollback "a test" }
        step a on all { run `id -un >> "$marks/a.$host"` as "nobody" no rollback "a test" }
        \(step("b"))
        """),
    Form(
      name: "write", hosts: 2, before: ["a.*": "old\n"],
      after: ["a.*": "new\n", "b.*": "*\n", "made.*": "x\n"],
      body: """
        step a on all { write "$marks/a.$host" { content "new\\n" mode "0640" } }
        step b on all {
          write "$marks/b.$host" { content `\(count("made")); echo "$host"` }
        }
        """),
    Form(
      name: "stash", before: ["in/a": "1\n", "in/.b": "2\n"],
      after: ["out.*": "x\n"],
      body: """
        step aside on all { stash "$marks/in/*" to "$marks/../kept" }
        step out on all {
          run `test -z "$(ls -A "$marks/in")" && \(count("out"))`
          no rollback "a test"
        }
        """),
    Form(
      name: "upload", hosts: 2, before: ["a.*": "old\n"],
      after: ["a.*": "sent\n", "b.*": "sent\n"],
      files: ["runbooks/payload": "sent\n"],
      body: """
        step a on all { upload "payload" to "$marks/a.$host" }
        step b on all { upload "payload" to "$marks/b.$host" }
        """),
    Form(
      name: "confirm", after: ["a.*": "x\n", "b.*": "x\n"],
      body: """
        \(step("a"))
        step ask { confirm "Go on with $all?" }
        \(step("b"))
        """),
    Form(
      name: "a local step", after: ["a": "x\n", "b.*": "x\n"],
      body: """
        step a { run `echo x >> "$marks/a"; echo done` output said no rollback "a test" }
        \(step("b", #"require said == "done""#))
        """),
  ]
}
