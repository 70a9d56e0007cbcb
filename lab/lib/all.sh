# shellcheck shell=bash
# Sources every part of the lab's library, for the commands.
for part in common packages requirements layer image disks site config hosts cluster members symptoms snapshots; do
  # shellcheck disable=SC1090 # each part is checked by itself
  . "$(dirname "${BASH_SOURCE[0]}")/$part.sh"
done
unset part
