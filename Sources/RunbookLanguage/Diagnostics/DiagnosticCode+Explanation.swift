/// What `reprise check --explain CODE` tells beyond the diagnostic itself.
extension DiagnosticCode {
  /// The code as it is shown, or as a person types it: `r101` means `R101`.
  package static func named(_ text: String) -> DiagnosticCode? {
    DiagnosticCode(rawValue: text.uppercased())
  }

  /// Why it is a mistake and what to write instead.
  package var explanation: String {
    switch self {
    case .notUTF8:
      """
      Runbooks and inventories are read as UTF-8. A file saved as Latin-1 or Windows-1252 \
      shows this at its first accented letter: save it again as UTF-8.
      """
    case .unexpectedCharacter:
      """
      This character has no meaning outside of strings, code and comments. Strings stand \
      between straight double quotes, comments begin with `//`, nothing ends with `;`, and \
      conditions are joined with `and`, `or` and `not`.
      """
    case .unclosedString:
      """
      A string ends on the line on which it began. Write a line break within it as `\\n`, a \
      double quote as `\\"`.
      """
    case .unclosedCode:
      """
      Code between single backticks ends on its line and holds no backtick. Put longer code in \
      a fence of three backticks.
      """
    case .unclosedFence:
      """
      A fence ends at the next line on which three backticks stand alone. Without that line \
      the whole rest of the file would be code.
      """
    case .fenceLine:
      """
      Nothing follows the opening fence on its line (no name of a language either), and the \
      closing one stands alone on its line. So it is plain to see which lines are sent.
      """
    case .emptyCode:
      """
      Empty code does nothing and always succeeds, so as a check it would always hold.
      """
    case .badEscape:
      """
      A string knows `\\"`, `\\\\`, `\\n` and `\\t`. A backslash itself is written twice.
      """
    case .badDollar:
      """
      In a string `$name` and `${name}` are replaced by a value of the runbook; no variable of \
      a shell is known there. A dollar itself is written `$$`.
      """
    case .badNumber:
      """
      Numbers are whole and of a sensible size. For a part of a unit take the smaller unit: \
      `1500ms`.
      """
    case .durationUnit:
      """
      A duration says its unit, so that nobody waits 30 minutes for what was meant as 30 \
      seconds: `500ms`, `30s`, `5m`, `2h`.
      """
    case .unexpectedToken:
      """
      Something else belongs here. The summary says what was expected; docs/language.md shows \
      each form with an example.
      """
    case .unknownForm:
      """
      The first word of a form says what it is. It may be misspelt, or stand in a block that \
      knows no such form.
      """
    case .unclosedBlock:
      """
      A block begins with `{` and ends with `}`. The opening brace that is marked has no \
      closing one; the indentation of what follows shows where it is missing.
      """
    case .trailingContent:
      """
      A file holds one runbook or one part and nothing beside it. Often a `}` too many ends \
      the runbook too early.
      """
    case .tooDeep:
      """
      Blocks, parts and expressions are limited in depth, since nobody follows what is nested \
      deeper. Move the inner part into a part of its own.
      """
    case .badName:
      """
      Names of values and groups become variables: lower-case letters, digits and `_`. Names \
      of steps, phases, parts and runbooks are lower-case letters, digits and `-`. Both begin \
      with a letter.
      """
    case .misplacedForm:
      """
      The form is known and stands in the wrong place: declarations stand directly in the \
      file's block, statements in a runbook, part, phase or block, and what a step does in the \
      step.
      """
    case .repeatedForm:
      """
      Each form of a step stands once, but `require`, `unless`, `check` and `output`. Of two, \
      nobody could say which one counts.
      """
    case .formOrder:
      """
      The parts of a form have one order, so that every runbook reads alike: `step NAME \
      "title" on GROUP after A when EXPR`, `check … within D every D lasting else "…"`.
      """
    case .chainedComparison:
      """
      `a < b < c` would compare the truth of the first with the last. Write `a < b and b < c`.
      """
    case .fileName:
      """
      A runbook or part is called like its file, so that `reprise run NAME` and `use NAME` \
      find what they name.
      """
    case .emptyBlock:
      """
      A block without steps, or a step that does nothing, is most often one that was \
      forgotten.
      """
    case .unknownName:
      """
      Nothing of this name is declared in this file or in site.runbook. A part sees its \
      parameters, its own declarations and the site's, not those of the runbook that uses it.
      """
    case .unknownGroup:
      """
      `on`, `rolling`, `lock` and `report` name a group that is declared with `hosts`, in this \
      file or in site.runbook, or a parameter of the type `hosts`.
      """
    case .unknownStep:
      """
      `after` names statements of the same `parallel` block. Elsewhere the order of reading is \
      the order of execution.
      """
    case .unknownPart:
      """
      `use NAME` reads `parts/NAME.runbook` in the directory of the runbooks.
      """
    case .unknownVariable:
      """
      Code reads a lower-case variable that no declaration gives and that the code itself \
      never sets. It would be empty, or end the code, on the host. Write `${name:-}` where it \
      may be unset; upper-case names are the host's own.
      """
    case .twoMeanings:
      """
      Every name means one thing in a file. A group `db` also takes `db_addresses`, an output \
      `x` of several hosts also `x_by_host`; the site's names are seen in every file.
      """
    case .duplicateStep:
      """
      Names of steps, phases and uses are unique in the phase or file around them, since their \
      path is how a run, its history and `resume` speak of them. Use a part twice with `as \
      NAME`.
      """
    case .reservedName:
      """
      `and or not in true false` are words of the language, `host`, `host_…` and `reprise_…` \
      are set by the engine, and `on failure` would be read wrongly if a group had that name.
      """
    case .unused:
      """
      An input, secret, group or parameter that nothing reads is a mistake or a leftover: \
      whoever gives it would think that it does something. It counts as used where it stands \
      in an expression, a reference, a string, or as a word in code.
      """
    case .wrongKind:
      """
      The name is known and is something else. Secrets are read only in code, amounts are \
      literals or inputs, groups are declared with `hosts`.
      """
    case .orderCycle:
      """
      The statements wait for each other through `after`, so none of them could ever start.
      """
    case .partCycle:
      """
      A part never uses itself, neither directly nor through others: it would have no end.
      """
    case .tooLarge:
      """
      There is a bound on the size of a file and of a plan, so that a part that multiplies \
      itself is found here and not by running out of memory.
      """
    case .noHost:
      """
      `$host` and what begins with `$host_` are the host on which a step runs. A step without \
      `on` runs on the machine of the engine, and `when` is asked once for all hosts.
      """
    case .badArgument:
      """
      A `use` gives each parameter of the part once: `use part(name: value, other)`, where \
      `other` alone means `other: other`.
      """
    case .typeMismatch:
      """
      Values are strings, numbers, truths or durations, and never turned into each other. A \
      column of an inventory is a string: compare it with text in double quotes.
      """
    case .notACondition:
      """
      `when`, `where` and a check that is an expression are true or false. Compare the value \
      with something.
      """
    case .outOfRange:
      """
      The value can't mean anything here: less than one attempt, no time at all, a mode that \
      no file has.
      """
    case .literalNeeded:
      """
      This text is read before any value is known, so no name can stand in it. `$$` is a \
      dollar.
      """
    case .severalActions:
      """
      A step has one action, so that each is checkpointed by itself and is never repeated \
      because another failed.
      """
    case .missingRollback:
      """
      Every `run` says how it is undone, or says why it is not: `rollback` with code, or `no \
      rollback "why"`. The question is answered while there is time to think.
      """
    case .needlessRollback:
      """
      `write`, `stash` and `upload` undo themselves, and what only looks or asks changes \
      nothing.
      """
    case .needsAction:
      """
      The form speaks about the action of a step, and this step has none. To wait for \
      something, write `check … within D`.
      """
    case .guardNegation:
      """
      `! command` holds when the command fails for any reason: also when the tool is missing \
      or the daemon is down. `not` before the code swaps only "holds" and "does not hold"; any \
      other status stays "cannot tell".
      """
    case .guardPipeline:
      """
      `missing-tool | grep -q x` ends with 1, as if x were not there, and the guard would let \
      the action run. Ask in two steps: `x=$(docker ps) || exit 2`, then test `$x`. `pipefail` \
      does not help.
      """
    case .outputSource:
      """
      An output is what `run` prints, or what its own `from CODE` prints. A step that runs \
      nothing needs `from`.
      """
    case .outputMissing:
      """
      The output is read where its step may not have run: before it, after a `when` or \
      `unless`, in another alternative, in parallel, after a failure under `continue`. Wait \
      for it, read it elsewhere, or give it a default.
      """
    case .outputWrittenTwice:
      """
      Two steps write one output, so that its value would depend on which came last. Only \
      alternatives of one `first of` may, since only one of them succeeds.
      """
    case .secretOutput:
      """
      What a command prints while it has a secret is masked and never stored as a value. Ask \
      for the output by `from CODE`: resume asks it again. An output whose `from` code, or whose \
      step's action, mentions a secret is a secret itself, of at least four bytes: a string, \
      masked everywhere, never journaled, and read only in code. What is no secret can be asked \
      in a step whose code mentions none.
      """
    case .alternatives:
      """
      `first of` tries its alternatives in order until one succeeds. With fewer than two there \
      is nothing to choose from.
      """
    case .dangerousPath:
      """
      Paths on hosts are absolute and without `..`. What is moved aside is never the root of \
      the system or one of its directories.
      """
    case .badAddress:
      """
      `tcp` takes "host:port", `http` an address that begins with `http://` or `https://`, and \
      a status from 100 to 599.
      """
    case .outputByHost:
      """
      A step on a group gives each of its hosts a value of its own. Where there is no host, or \
      a host that did not run the step, read `name_by_host`: one line `HOST<tab>VALUE` for \
      each host.
      """
    case .inventoryHeader:
      """
      The first line of an inventory names its columns. Names are lower-cased and cleaned, and \
      must then differ. `inventory "F" { name COLUMN address COLUMN }` says which column is \
      what.
      """
    case .inventoryRow:
      """
      A row has as many fields as the header. It is an error where a group selects the row, \
      else one warning for all of them.
      """
    case .duplicateHost:
      """
      A host stands once in the inventory: a step would otherwise run on it twice.
      """
    case .missingAddress:
      """
      A host that a group selects needs an address that can be given to ssh: one word that \
      does not begin with `-`.
      """
    case .unknownHost:
      """
      `hosts NAME is "h"` names hosts as the inventory does, in the column that is declared as \
      `name`.
      """
    case .emptyGroup:
      """
      No row of the inventory satisfies the condition. A step on no host would do nothing and \
      look as if it had succeeded.
      """
    case .unknownColumn:
      """
      The inventory has no such column. Names of columns are lower-cased, and all but letters \
      and digits becomes `_`.
      """
    case .badPort:
      """
      A port is a number from 1 to 65535; an empty field means the default.
      """
    case .inventoryFormat:
      """
      A file that begins with `{` is read as the JSON that `ansible-inventory --list` prints.
      """
    case .skippedRows:
      """
      Some rows make no usable host. No group selects them, so the run does not need them.
      """
    case .noInventory:
      """
      Groups select hosts from an inventory. Declare it in the runbook or, for all runbooks, \
      in site.runbook.
      """
    case .badHostName:
      """
      Names of hosts are one word: they stand in lists separated by blanks, in paths and in \
      commands.
      """
    case .unknownInput:
      """
      `--input NAME=VALUE` names an input that the runbook or its site file declares and uses.
      """
    case .missingInput:
      """
      An input without a default has to be given: `--input NAME=VALUE`.
      """
    case .badInput:
      """
      The value does not have the type of the input: `true` or `false`, a whole number, or a \
      number with one of the units `ms`, `s`, `m`, `h`.
      """
    }
  }
}
