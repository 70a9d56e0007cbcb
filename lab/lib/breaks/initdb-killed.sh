# shellcheck shell=bash
# All members lose their containers while one of them runs initdb: the initialize key stays behind,
# empty, and so does half a data directory.

# hold_initdb: holds initdb still on whichever host runs it; 1 when none does at the moment.
hold_initdb() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    in_host "$host" pkill -STOP -x initdb && return 0
  done
  return 1
}

apply() {
  blank_members
  run_members
  wait_until 40 hold_initdb ||
    fail "no member ran initdb within 40 s" "run lab/heal, then lab/break initdb-killed again"
  show 'the header says (initializing) while initdb is held' header_is initializing
  containers_do kill
  containers_do start
}

symptoms() {
  show 'the header says (initializing)' header_is initializing
  show 'no leader' no_leader
  show '"waiting for leader to bootstrap" in a log' logged_somewhere 'waiting for leader to bootstrap'
}
