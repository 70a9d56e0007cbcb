# shellcheck shell=bash
# Sources every part of the lab's library, for the commands.

# A caller may hand its blocked signals on (Foundation's Process does, from a thread of Dispatch);
# then nothing that the lab bounds with `timeout` would end, and its hosts would inherit that.
while read -r field blocked; do
  [[ $field != SigBlk: ]] || break
done <"/proc/$$/status"
if [[ $blocked =~ [^0] && -z ${LAB_UNBLOCKED:-} ]]; then
  LAB_UNBLOCKED=1 exec /usr/bin/perl -MPOSIX=:signal_h -e \
    'sigprocmask(SIG_SETMASK, POSIX::SigSet->new); exec { $ARGV[0] } @ARGV' \
    "${BASH_SOURCE[-1]}" "$@"
fi
unset field blocked LAB_UNBLOCKED

for part in common packages requirements layer image disks site config hosts cluster members \
  symptoms snapshots; do
  # shellcheck disable=SC1090 # each part is checked by itself
  . "$(dirname "${BASH_SOURCE[0]}")/$part.sh"
done
unset part
