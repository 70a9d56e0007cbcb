/// What `--explain` tells of mistakes about the inventory and the inputs of a run.
extension DiagnosticCode {
  static let inventory: [DiagnosticCode: String] = [
    .inventoryHeader:
      """
    The first line of an inventory names its columns. Names are lower-cased and cleaned, and \
    must then differ. `inventory "F" { name COLUMN address COLUMN }` says which column is \
    what.
    """,
    .inventoryRow:
      """
    A row has as many fields as the header. It is an error where a group selects the row, \
    else one warning for all of them.
    """,
    .duplicateHost:
      """
    A host stands once in the inventory: a step would otherwise run on it twice.
    """,
    .missingAddress:
      """
    A host that a group selects needs an address that can be given to ssh: one word that \
    does not begin with `-`.
    """,
    .unknownHost:
      """
    `hosts NAME is "h"` names hosts as the inventory does, in the column that is declared as \
    `name`.
    """,
    .emptyGroup:
      """
    No row of the inventory satisfies the condition. A step on no host would do nothing and \
    look as if it had succeeded.
    """,
    .unknownColumn:
      """
    The inventory has no such column. Names of columns are lower-cased, and all but letters \
    and digits becomes `_`.
    """,
    .badPort:
      """
    A port is a number from 1 to 65535; an empty field means the default.
    """,
    .inventoryFormat:
      """
    A file that begins with `{` is read as the JSON that `ansible-inventory --list` prints.
    """,
    .skippedRows:
      """
    Some rows make no usable host. No group selects them, so the run does not need them.
    """,
    .noInventory:
      """
    Groups select hosts from an inventory. Declare it in the runbook or, for all runbooks, \
    in site.runbook.
    """,
    .badHostName:
      """
    Names of hosts are one word: they stand in lists separated by blanks, in paths and in \
    commands.
    """,
    .unknownInput:
      """
    `--input NAME=VALUE` names an input that the runbook or its site file declares and uses.
    """,
    .missingInput:
      """
    An input without a default has to be given: `--input NAME=VALUE`.
    """,
    .badInput:
      """
    The value does not have the type of the input: `true` or `false`, a whole number, or a \
    number with one of the units `ms`, `s`, `m`, `h`.
    """,
  ]
}
