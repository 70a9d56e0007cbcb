/// What `--explain` tells of mistakes about how a file is written.
extension DiagnosticCode {
  static let writing: [DiagnosticCode: String] = [
    .notUTF8:
      """
    Runbooks and inventories are read as UTF-8. A file saved as Latin-1 or Windows-1252 \
    shows this at its first accented letter: save it again as UTF-8.
    """,
    .unexpectedCharacter:
      """
    This character has no meaning outside of strings, code and comments. Strings stand \
    between straight double quotes, comments begin with `//`, nothing ends with `;`, and \
    conditions are joined with `and`, `or` and `not`.
    """,
    .unclosedString:
      """
    A string ends on the line on which it began. Write a line break within it as `\\n`, a \
    double quote as `\\"`.
    """,
    .unclosedCode:
      """
    Code between single backticks ends on its line and holds no backtick. Put longer code in \
    a fence of three backticks.
    """,
    .unclosedFence:
      """
    A fence ends at the next line on which three backticks stand alone. Without that line \
    the whole rest of the file would be code.
    """,
    .fenceLine:
      """
    Nothing follows the opening fence on its line (no name of a language either), and the \
    closing one stands alone on its line. So it is plain to see which lines are sent.
    """,
    .emptyCode:
      """
    Empty code does nothing and always succeeds, so as a check it would always hold.
    """,
    .badEscape:
      """
    A string knows `\\"`, `\\\\`, `\\n` and `\\t`. A backslash itself is written twice.
    """,
    .badDollar:
      """
    In a string `$name` and `${name}` are replaced by a value of the runbook; no variable of \
    a shell is known there. A dollar itself is written `$$`.
    """,
    .badNumber:
      """
    Numbers are whole and of a sensible size. For a part of a unit take the smaller unit: \
    `1500ms`.
    """,
    .durationUnit:
      """
    A duration says its unit, so that nobody waits 30 minutes for what was meant as 30 \
    seconds: `500ms`, `30s`, `5m`, `2h`.
    """,
    .unexpectedToken:
      """
    Something else belongs here. The summary says what was expected; docs/language.md shows \
    each form with an example.
    """,
    .unknownForm:
      """
    The first word of a form says what it is. It may be misspelt, or stand in a block that \
    knows no such form.
    """,
    .unclosedBlock:
      """
    A block begins with `{` and ends with `}`. The opening brace that is marked has no \
    closing one; the indentation of what follows shows where it is missing.
    """,
    .trailingContent:
      """
    A file holds one runbook or one part and nothing beside it. Often a `}` too many ends \
    the runbook too early.
    """,
    .tooDeep:
      """
    Blocks, parts and expressions are limited in depth, since nobody follows what is nested \
    deeper. Move the inner part into a part of its own.
    """,
    .badName:
      """
    Names of values and groups become variables: lower-case letters, digits and `_`. Names \
    of steps, phases, parts and runbooks are lower-case letters, digits and `-`. Both begin \
    with a letter.
    """,
    .misplacedForm:
      """
    The form is known and stands in the wrong place: declarations stand directly in the \
    file's block, statements in a runbook, part, phase or block, and what a step does in the \
    step.
    """,
    .repeatedForm:
      """
    Each form of a step stands once, but `require`, `unless`, `check` and `output`. Of two, \
    nobody could say which one counts.
    """,
    .formOrder:
      """
    The parts of a form have one order, so that every runbook reads alike: `step NAME \
    "title" on GROUP after A when EXPR`, `check … within D every D lasting else "…"`.
    """,
    .chainedComparison:
      """
    `a < b < c` would compare the truth of the first with the last. Write `a < b and b < c`.
    """,
    .fileName:
      """
    A runbook or part is called like its file, so that `reprise run NAME` and `use NAME` \
    find what they name.
    """,
    .emptyBlock:
      """
    A block without steps, or a step that does nothing, is most often one that was \
    forgotten.
    """,
  ]
}
