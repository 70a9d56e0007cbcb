# shellcheck shell=bash
# initdb is asked for a locale that the image does not have, on all members.

apply() {
  blank_members
  on_db_hosts write_config sed 's/- locale: .*/- locale: fr_FR.UTF-8/'
  run_members
}

symptoms() {
  show 'initdb: invalid locale name' logged_somewhere 'invalid locale name'
  show 'a traceback in the log' logged_somewhere 'Traceback'
  show 'Docker has restarted a container' a_restart
  show 'the header says (uninitialized), and no leader' leaderless_uninitialized
}
