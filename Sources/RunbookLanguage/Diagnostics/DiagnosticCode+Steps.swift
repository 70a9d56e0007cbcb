/// What `--explain` tells of mistakes about what steps and blocks do.
extension DiagnosticCode {
  static let steps: [DiagnosticCode: String] = [
    .severalActions:
      """
    A step has one action, so that each is checkpointed by itself and is never repeated \
    because another failed.
    """,
    .missingRollback:
      """
    Every `run` says how it is undone, or says why it is not: `rollback` with code, or `no \
    rollback "why"`. The question is answered while there is time to think.
    """,
    .needlessRollback:
      """
    `write`, `stash` and `upload` undo themselves, and what only looks or asks changes \
    nothing.
    """,
    .needsAction:
      """
    The form speaks about the action of a step, and this step has none. To wait for \
    something, write `check … within D`.
    """,
    .guardNegation:
      """
    `! command` holds when the command fails for any reason: also when the tool is missing \
    or the daemon is down. `not` before the code swaps only "holds" and "does not hold"; any \
    other status stays "cannot tell".
    """,
    .guardPipeline:
      """
    `missing-tool | grep -q x` ends with 1, as if x were not there, and the guard would let \
    the action run. Ask in two steps: `x=$(docker ps) || exit 2`, then test `$x`. `pipefail` \
    does not help.
    """,
    .outputSource:
      """
    An output is what `run` prints, or what its own `from CODE` prints. A step that runs \
    nothing needs `from`.
    """,
    .outputMissing:
      """
    The output is read where its step may not have run: before it, after a `when` or \
    `unless`, in another alternative, in parallel, after a failure under `continue`. Wait \
    for it, read it elsewhere, or give it a default.
    """,
    .outputWrittenTwice:
      """
    Two steps write one output, so that its value would depend on which came last. Only \
    alternatives of one `first of` may, since only one of them succeeds.
    """,
    .secretOutput:
      """
    What a command prints while it has a secret is masked and never stored as a value. Ask \
    for the output by `from CODE`: resume asks it again. An output whose `from` code, or whose \
    step's action, mentions a secret is a secret itself, of at least four bytes: a string, \
    masked everywhere, never journaled, and read only in code. What is no secret can be asked \
    in a step whose code mentions none.
    """,
    .alternatives:
      """
    `first of` tries its alternatives in order until one succeeds. With fewer than two there \
    is nothing to choose from.
    """,
    .dangerousPath:
      """
    Paths on hosts are absolute and without `..`. What is moved aside is never the root of \
    the system or one of its directories.
    """,
    .badAddress:
      """
    `tcp` takes "host:port", `http` an address that begins with `http://` or `https://`, and \
    a status from 100 to 599.
    """,
    .outputByHost:
      """
    A step on a group gives each of its hosts a value of its own. Where there is no host, or \
    a host that did not run the step, read `name_by_host`: one line `HOST<tab>VALUE` for \
    each host.
    """,
    .shellCommand:
      """
    What `shell` declares is put before every piece of code. A command outside of its \
    functions would run each time, before guards and within outputs, and what it prints would \
    be taken for theirs. Put it into a function, and call that.
    """,
  ]
}
