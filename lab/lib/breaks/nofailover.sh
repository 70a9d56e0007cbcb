# shellcheck shell=bash
# The tag nofailover on all members: nobody may take the lead, not even the first time.

apply() {
  blank_members
  on_db_hosts write_config sed 's/nofailover: false/nofailover: true/'
  run_members
}

symptoms() {
  show_reported_picture
  show 'all members show the tag nofailover' all_tagged 'nofailover: true'
}
