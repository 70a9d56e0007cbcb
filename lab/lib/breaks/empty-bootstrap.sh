# shellcheck shell=bash
# patroni.yml whose bootstrap section is there and empty, on all members.

apply() {
  blank_members
  on_db_hosts write_config change_bootstrap empty
  run_members
}

symptoms() {
  show_reported_picture
}
