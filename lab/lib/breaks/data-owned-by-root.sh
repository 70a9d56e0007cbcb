# shellcheck shell=bash
# The data directory belongs to root on all members, so that uid 999 can't write in it.

# own_data_by_root HOST
own_data_by_root() {
  in_host "$1" chown root:root /opt/keybuzz/postgres/data
  in_host "$1" chmod 700 /opt/keybuzz/postgres/data
}

apply() {
  blank_members
  on_db_hosts own_data_by_root
  run_members
}

symptoms() {
  show 'permission denied in the log' logged_somewhere 'Permission denied'
  show 'a traceback in the log' logged_somewhere 'Traceback'
  show 'Docker has restarted a container' a_restart
  show 'the header says (uninitialized), and no leader' leaderless_uninitialized
}
