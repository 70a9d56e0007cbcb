/// What `--explain` tells of mistakes about names and types.
extension DiagnosticCode {
  static let names: [DiagnosticCode: String] = [
    .unknownName:
      """
    Nothing of this name is declared in this file or in site.runbook. A part sees its \
    parameters, its own declarations and the site's, not those of the runbook that uses it.
    """,
    .unknownGroup:
      """
    `on`, `rolling`, `lock` and `report` name a group that is declared with `hosts`, in this \
    file or in site.runbook, or a parameter of the type `hosts`.
    """,
    .unknownStep:
      """
    `after` names statements of the same `parallel` block. Elsewhere the order of reading is \
    the order of execution.
    """,
    .unknownPart:
      """
    `use NAME` reads `parts/NAME.runbook` in the directory of the runbooks.
    """,
    .unknownVariable:
      """
    Code reads a lower-case variable that no declaration gives and that the code itself \
    never sets. It would be empty, or end the code, on the host. Write `${name:-}` where it \
    may be unset; upper-case names are the host's own.
    """,
    .twoMeanings:
      """
    Every name means one thing in a file. A group `db` also takes `db_addresses`, an output \
    `x` of several hosts also `x_by_host`; the site's names are seen in every file.
    """,
    .duplicateStep:
      """
    Names of steps, phases and uses are unique in the phase or file around them, since their \
    path is how a run, its history and `resume` speak of them. Use a part twice with `as \
    NAME`.
    """,
    .reservedName:
      """
    `and or not in true false` are words of the language, `host`, `host_…` and `reprise_…` \
    are set by the engine, and `on failure` would be read wrongly if a group had that name.
    """,
    .unused:
      """
    An input, secret, group or parameter that nothing reads is a mistake or a leftover: \
    whoever gives it would think that it does something. It counts as used where it stands \
    in an expression, a reference, a string, or as a word in code.
    """,
    .wrongKind:
      """
    The name is known and is something else. Secrets are read only in code, amounts are \
    literals or inputs, groups are declared with `hosts`.
    """,
    .orderCycle:
      """
    The statements wait for each other through `after`, so none of them could ever start.
    """,
    .partCycle:
      """
    A part never uses itself, neither directly nor through others: it would have no end.
    """,
    .tooLarge:
      """
    There is a bound on the size of a file and of a plan, so that a part that multiplies \
    itself is found here and not by running out of memory.
    """,
    .noHost:
      """
    `$host` and what begins with `$host_` are the host on which a step runs. A step without \
    `on` runs on the machine of the engine, and `when` is asked once for all hosts.
    """,
    .badArgument:
      """
    A `use` gives each parameter of the part once: `use part(name: value, other)`, where \
    `other` alone means `other: other`.
    """,
    .typeMismatch:
      """
    Values are strings, numbers, truths or durations, and never turned into each other. A \
    column of an inventory is a string: compare it with text in double quotes.
    """,
    .notACondition:
      """
    `when`, `where` and a check that is an expression are true or false. Compare the value \
    with something.
    """,
    .outOfRange:
      """
    The value can't mean anything here: less than one attempt, no time at all, a mode that \
    no file has.
    """,
    .literalNeeded:
      """
    This text is read before any value is known, so no name can stand in it. `$$` is a \
    dollar.
    """,
  ]
}
