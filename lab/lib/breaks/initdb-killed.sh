# shellcheck shell=bash
# All members lose their containers while one of them runs initdb: the initialize key stays behind,
# empty, and so does half a data directory.

# held_in_time HOST: the data directory has no control file yet. With one it counts as a cluster, and
# Patroni fills the initialize key with its identifier as soon as the container starts again.
held_in_time() {
  ! in_host "$1" test -s /opt/keybuzz/postgres/data/global/pg_control
}

apply() {
  local attempt starting host hosts=()
  for host in "${LAB_DB_HOSTS[@]}"; do
    hosts+=("$host=$(living "$host")")
  done
  for attempt in 1 2 3; do
    blank_members
    # Two members are enough for an initdb, and the third may take its time to start.
    run_members &
    starting=$!
    host=$(perl "$LAB_HOME/lib/hold.pl" 60 "${hosts[@]}") ||
      fail "no member ran initdb within 60 s" "run lab/heal, then lab/break initdb-killed again"
    wait "$starting" || exit
    held_in_time "$host" && break
    ((attempt < 3)) ||
      fail "initdb was held too late, three times" "run lab/heal, then lab/break initdb-killed again"
    say "initdb on $host had written its control file already: once more"
  done
  show 'the header says (initializing) while initdb is held' header_is initializing
  containers_do kill
  containers_do start
}

symptoms() {
  show 'the header says (initializing)' header_is initializing
  show 'no leader' no_leader
  show '"waiting for leader to bootstrap" in a log' logged_somewhere 'waiting for leader to bootstrap'
}
