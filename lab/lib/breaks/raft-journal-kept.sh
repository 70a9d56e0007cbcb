# shellcheck shell=bash
# The data of all members wiped, their RAFT journals kept: the initialize key names a cluster that
# nobody has any more.

apply() {
  healthy_members
  containers_do stop
  on_db_hosts wipe data
  containers_do start
}

symptoms() {
  show 'the header holds the identifier of the lost cluster' header_is_number
  show 'no leader' no_leader
  show 'three members, all stopped' all_stopped
  show '"waiting for leader to bootstrap" in all logs' the_loop
}
