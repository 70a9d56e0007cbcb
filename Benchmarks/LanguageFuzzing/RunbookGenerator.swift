/// Writes runbooks without mistakes, of any size, in a layout that no formatter would choose.
package struct RunbookGenerator {
  private var random: SeededRandom
  private var lines: [String] = []
  private var stepCount = 0
  /// Outputs that every later statement may read.
  private var outputs: [String] = []

  package init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  /// A runbook called `generated` with about that many steps.
  package mutating func runbook(steps: Int) -> String {
    lines = ["/// Made by a generator.", "runbook generated \"Generated\" {"]
    lines += [
      "  inventory \"servers.tsv\" { name hostname address ip user login }",
      "  input wait = 30s", "  input count = 3", "  input force = false",
      "  input label = \"a $$ sign\"", "  input target: string",
      "  hosts db where role == \"db\" and (port != \"1\" or not zone in \"a b\")",
      "  hosts all where name != \"\"", "  hosts control is \"install-01\"",
      "  secret token from env \"TOKEN\"",
      "  shell ```", "    running() {", "\tlocal s; s=$(state \"$1\") || return 2", "",
      "      test \"$s\" = up", "    }", "  ```", "  lock \"cluster:$label\" on db",
      "  report \"/tmp/$label.md\" section \"s\" language fr on control",
    ]
    // Whatever a short program does not use otherwise.
    lines.append(
      "  step uses on all { check `echo $wait $count $force $label $target $token $db $control` }")
    formsAsNames()
    while stepCount < steps { statement(depth: 1) }
    lines.append("}")
    return lines.joined(separator: "\n") + (random.oneIn(2) ? "\n" : "")
  }

  /// A runbook called `generated` whose steps have an action, a check and no rollback, one like the
  /// other.
  package static func plainRunbook(steps: Int) -> String {
    var text = """
      runbook generated "Generated" {
        inventory "servers.tsv" { name name address ip }
        hosts all where name != ""

      """
    for number in 0..<steps {
      text += """
          step step-\(number) on all {
            run `echo \(number)`
            check `true`
            no rollback "prints"
          }

        """
    }
    return text + "}\n"
  }

  /// Names that are spelt like forms, in lines that have to be broken somewhere.
  private mutating func formsAsNames() {
    let names = ["stash", "upload", "report", "check", "run", "mode", "output", "parallel"]
    let long = "long" + String(repeating: "-er", count: random.below(20))
    let after = ([long] + names.shuffled(using: &random)).joined(separator: ", ")
    lines += ["  input mode = \"fast\" input timeout = 5s", "  hosts output is \"install-01\""]
    lines.append("  parallel {")
    for name in [long] + names { lines.append("    step \(name) { check `true` }") }
    lines += [
      "    step last on", "      output after \(after) when (", "      mode == \"fast\" or",
      "      timeout < 1m) { check `true` within", "      timeout }", "  }",
    ]
  }

  private mutating func add(_ depth: Int, _ text: String) {
    let indentation = String(repeating: random.oneIn(9) ? "\t" : "  ", count: depth)
    lines.append(indentation + text)
  }

  private mutating func name(_ kind: String) -> String {
    stepCount += 1
    return "\(kind)-\(stepCount)"
  }

  private mutating func statement(depth: Int) {
    if random.oneIn(7) { add(depth, "// \(random.pick(["a word", "« é »", "`tick`", "{"]))") }
    if random.oneIn(9) { lines.append("") }
    guard depth < 5 else { return step(depth) }
    switch random.below(14) {
    case 0: phase(depth)
    case 1: parallel(depth)
    case 2: rolling(depth)
    case 3: alternatives(depth)
    default: step(depth)
    }
  }

  private mutating func body(_ depth: Int) {
    for _ in 0...random.below(3) { statement(depth: depth + 1) }
    add(depth, "}")
  }

  private mutating func phase(_ depth: Int) {
    let condition = random.oneIn(3) ? " when force or count > 2 and wait <= 1m" : ""
    let before = outputs
    add(depth, "phase \(name("phase")) \"Title\"\(condition) {")
    if random.oneIn(4) { add(depth + 1, "on failure rollback") }
    body(depth)
    if !condition.isEmpty { outputs = before }
  }

  private mutating func parallel(_ depth: Int) {
    add(depth, "parallel { // together")
    let before = outputs
    var first: String?
    var made: [String] = []
    for _ in 0...random.below(3) {
      outputs = before
      let step = name("branch")
      let after = first.map { random.oneIn(2) ? " after \($0)" : "" } ?? ""
      add(depth + 1, "step \(step) on db\(after) {")
      forms(depth + 1)
      made += outputs.dropFirst(before.count)
      first = first ?? step
    }
    outputs = before + made
    add(depth, "}")
  }

  private mutating func rolling(_ depth: Int) {
    add(depth, "rolling db by \(random.pick(["1", "2", "count"]))  {")
    body(depth)
  }

  private mutating func alternatives(_ depth: Int) {
    let before = outputs
    add(depth, "first of {")
    for _ in 0...1 {
      outputs = before
      add(depth + 1, "phase \(name("way")) {")
      body(depth + 1)
    }
    outputs = before
    add(depth, "}")
  }

  private mutating func step(_ depth: Int) {
    if random.oneIn(5) { add(depth, "/// What \(stepCount) does, « é ».") }
    let group = random.pick(["db", "all", "control"])
    add(depth, "step \(name("step")) \"T\" on \(group) when count<9 or not (force==false) {")
    let before = outputs
    forms(depth)
    // Under a `when` nothing is sure to have been written.
    outputs = before
  }

  private mutating func forms(_ depth: Int) {
    if random.oneIn(3) { add(depth + 1, "require  `test -d /x` else \"make /x on $host\"") }
    let read = outputs.randomElement(using: &random).map { " \"${\($0)_by_host}\"" } ?? ""
    let form = random.below(6)
    if form > 0, form < 4, random.oneIn(3) { add(depth + 1, "unless `running db` says \"é\"") }
    switch form {
    case 0:
      add(depth + 1, "check not `running x` within wait every 2s lasting else \"wait for $db\"")
      add(depth + 1, "check tcp \"$host_address:5432\"  check http \"http://$host/\" is 204")
    case 1:
      add(
        depth + 1, "write \"/etc/x.conf\" { content \"a=$label\\n\" mode \"0640\" owner \"a:b\" }")
    case 2: add(depth + 1, "stash \"/srv/x/*\" \"/srv/y\" to \"/srv/old\"")
    case 3:
      add(depth + 1, "run ```")
      for line in ["echo \"$label\"\(read)", "", "  cat <<'E'", "\t$nothing", "E"] {
        lines.append(line.isEmpty ? "" : "        " + line)
      }
      add(depth + 1, "```")
      add(depth + 1, "rollback { run `undo` check `true` within 5s }")
      add(depth + 1, "retry count every 2s up to 1m timeout wait as \"postgres\"")
    default:
      add(depth + 1, "run `echo $reprise_step\(read)` no rollback \"prints\" if interrupted rerun")
      let output = "out_\(stepCount)_\(lines.count)"
      add(depth + 1, "output \(output) output d_\(output): int = 4 from `echo 1`")
      outputs.append(output)
    }
    add(depth, "}")
  }
}
