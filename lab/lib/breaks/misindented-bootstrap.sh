# shellcheck shell=bash
# patroni.yml whose bootstrap section is two columns too far to the right, on all members: it is
# valid YAML, but the section now belongs to raft.

apply() {
  blank_members
  on_db_hosts write_config change_bootstrap indent
  run_members
}

symptoms() {
  show_reported_picture
}
