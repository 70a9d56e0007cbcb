# shellcheck shell=bash
# patroni.yml without a bootstrap section on all members: the report's picture.

apply() {
  blank_members
  on_db_hosts write_config change_bootstrap drop
  run_members
}

symptoms() {
  show_reported_picture
}
