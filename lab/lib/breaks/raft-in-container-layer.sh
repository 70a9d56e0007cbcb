# shellcheck shell=bash
# The RAFT state lies in the containers' own layer instead of on the volume: a wipe of the volumes,
# as in the report, leaves it behind.

apply() {
  blank_members
  on_db_hosts write_config sed 's|data_dir: /opt/keybuzz/postgres/raft|data_dir: /var/lib/postgresql/raft|'
  run_members
  await_healthy 240
  containers_do stop
  on_db_hosts wipe data raft
  containers_do start
}

# layer_holds_journal: docker diff shows it, and the volume is empty.
layer_holds_journal() {
  in_host db-master-01 docker diff patroni | grep -q '^A /var/lib/postgresql/raft/' &&
    [[ -z $(in_host db-master-01 ls -A /opt/keybuzz/postgres/raft) ]]
}

symptoms() {
  show 'the header holds the identifier of the lost cluster' header_is_number
  show 'no leader' no_leader
  show 'three members, all stopped' all_stopped
  show '"waiting for leader to bootstrap" in all logs' the_loop
  show "the journal is in the container's layer, the volume is empty" layer_holds_journal
}
